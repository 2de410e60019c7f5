"""What hangs on one application only: federated identity credentials and directory extensions.

Sources: learn.microsoft.com/graph/api/resources/federatedidentitycredential and extensionproperty.
"""

import re
from typing import Any

from toolkit.practice.graph.bodies import judge, read_json, require
from toolkit.practice.graph.errors import GraphError, bad, missing
from toolkit.practice.graph.objects import DONE, Call, row, save, truth
from toolkit.practice.graph.paths import Key, Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer

FEDERATED, EXTENSION = "federatedIdentityCredential", "extensionProperty"
MOST_FEDERATED = 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{2,119}")
DATA_TYPES = {"Binary", "Boolean", "DateTime", "Integer", "LargeInteger", "String"}
TARGETS = {"User", "Group", "AdministrativeUnit", "Application", "Device", "Organization"}


def routes() -> list[Route]:
    """List the routes of this module."""
    federated = "applications/{object}/federatedIdentityCredentials"
    extensions = "applications/{object}/extensionProperties"

    def route(method: str, pattern: str, serve: Any, takes: str | None = None) -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who="apps.write", takes=takes)

    return [
        route("POST", federated, _create_federated, FEDERATED),
        route("PATCH", f"{federated}/{{item}}", _patch_federated, "raw"),
        route("DELETE", f"{federated}/{{item}}", _remove(FEDERATED)),
        route("POST", extensions, _create_extension, EXTENSION),
        route("DELETE", f"{extensions}/{{item}}", _remove(EXTENSION)),
    ]


def _find(call: Call, kind: str) -> Body:
    app, key = truth(call, "application", call.keys["object"]), call.keys["item"]
    for one in call.world.store.find(kind, _application=app["id"]):
        # A federated credential may be addressed by its name as if that were its id.
        if key.value.lower() in {str(one.get(key.name)).lower(), str(one.get("name")).lower()}:
            return truth(call, kind, Key(one["id"]))
    raise missing(key.value)


def _remove(kind: str) -> Any:
    def serve(call: Call) -> Answer:
        call.world.remove(kind, _find(call, kind)["id"])
        return DONE

    return serve


def _create_federated(call: Call) -> Row:
    app = truth(call, "application", call.keys["object"])
    require(call.body, "name", "issuer", "subject", "audiences")
    others = call.world.store.find(FEDERATED, _application=app["id"])
    if len(others) >= MOST_FEDERATED:
        raise bad("An application can have 20 federated identity credentials at most.")
    _check_federated(call.body, others)
    body = {"id": call.world.new_id(), "description": None, **call.body, "_application": app["id"]}
    save(call, FEDERATED, body)
    return row(FEDERATED, body)


def _check_federated(given: Body, others: list[Body]) -> None:
    if "name" in given and not NAME.fullmatch(given["name"]):
        raise bad(f"Invalid value specified for property 'name' of resource '{FEDERATED}'.")
    if "audiences" in given and len(given["audiences"]) != 1:
        raise bad("A federated identity credential must have exactly one audience.")
    for other in others:
        if other["name"] == given.get("name"):
            raise GraphError(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"FederatedIdentityCredential with name {given['name']} already exists.",
            )
        if (other["issuer"], other["subject"]) == (given.get("issuer"), given.get("subject")):
            raise GraphError(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                "The combination of issuer and subject must be unique on the application.",
            )


def _patch_federated(call: Call) -> Answer:
    given = judge(FEDERATED, read_json(call.ask), creating=False)
    body = _find(call, FEDERATED)
    others = call.world.store.find(FEDERATED, _application=body["_application"])
    merged = body | given
    _check_federated(merged, [one for one in others if one["id"] != body["id"]])
    save(call, FEDERATED, merged)
    return DONE


def _create_extension(call: Call) -> Row:
    app = truth(call, "application", call.keys["object"])
    given = call.body
    require(given, "name", "dataType", "targetObjects")
    if given["dataType"] not in DATA_TYPES or set(given["targetObjects"]) - TARGETS:
        raise bad("Invalid value specified for property 'dataType' or 'targetObjects'.")
    name = f"extension_{app['appId'].replace('-', '')}_{given['name']}"
    if call.world.store.find(EXTENSION, name=name):
        raise bad(f"An extension property exists with the name {name}.")
    body = {"id": call.world.new_id(), "isMultiValued": False, **given, "name": name}
    body |= {"appDisplayName": app["displayName"], "isSyncedFromOnPremises": False}
    save(call, EXTENSION, body | {"_application": app["id"]})
    return row(EXTENSION, body)

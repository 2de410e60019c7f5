"""Microsoft Graph of the practice tenant: who asks, what for, and the answer in Graph's shape."""

from dataclasses import replace
from typing import Any

from toolkit.practice.graph import (
    access,
    app_parts,
    applications,
    assignments,
    batch,
    bodies,
    conditional_access,
    credentials,
    deleted,
    directory,
    events,
    groups,
    licences,
    mailboxes,
    memberships,
    people,
    principals,
    query,
    reports,
    schema,
    sign_ins,
    tenant,
)
from toolkit.practice.graph.errors import GraphError, bad, missing, no_segment, not_modelled
from toolkit.practice.graph.expand import expanded, expansion
from toolkit.practice.graph.objects import Call, Rows
from toolkit.practice.graph.paths import Key, Place, Route, Table, take_apart
from toolkit.practice.graph.query import Row
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

VERSIONS = ("/v1.0", "/beta")
ROUTES = Table(
    [
        route
        for module in (
            directory,
            memberships,
            deleted,
            applications,
            principals,
            app_parts,
            credentials,
            assignments,
            people,
            groups,
            licences,
            tenant,
            conditional_access,
            mailboxes,
            events,
            reports,
            sign_ins,
        )
        for route in module.routes()
    ]
)
# What a signed-in person may ask about itself with the right to read its own profile.
OWN = frozenset({"users.read", "users.related", "memberships.read", "licences.user"})
SETS = {
    "directoryObject": "directoryObjects",
    "licenseDetails": "licenseDetails",
    "oAuth2PermissionGrant": "oauth2PermissionGrants",
    "organization": "organization",
    "administrativeUnit": "directory/administrativeUnits",
    "identitySecurityDefaultsEnforcementPolicy": "policies/identitySecurityDefaultsEnforcementPolicy",
    "conditionalAccessPolicy": "identity/conditionalAccess/policies",
    "authorizationPolicy": "policies/authorizationPolicy",
    "tenantAppManagementPolicy": "policies/defaultAppManagementPolicy",
    "mailboxSettings": "mailboxSettings",
    "servicePrincipalSignInActivity": "reports/servicePrincipalSignInActivities",
    "signIn": "auditLogs/signIns",
    "unifiedRoleAssignment": "roleManagement/directory/roleAssignments",
    "unifiedRoleDefinition": "roleManagement/directory/roleDefinitions",
    "unifiedRoleEligibilitySchedule": "roleManagement/directory/roleEligibilitySchedules",
}


def answer(world: World, ask: Ask) -> Answer:
    """Answer a request whose path starts with /v1.0/ or /beta/."""
    request_id = world.new_id()
    client_id = ask.headers.get("client-request-id", request_id)
    headers = {
        "request-id": request_id,
        "client-request-id": client_id,
        "x-ms-resource-unit": "1",
        "Cache-Control": "no-cache",
    }
    with world.store.attempt() as take_back:
        try:
            reply = _answer(world, ask)
        except GraphError as error:
            if ask.method != "GET":  # what a read leaves behind is no change: what caches remember
                take_back()
            body = error.body(request_id, client_id, world.now())
            return Answer(status=error.status, body=body, headers=headers)
    return replace(reply, headers=headers | dict(reply.headers))


def _answer(world: World, ask: Ask) -> Answer:
    rest = _rest(ask.path)
    caller = access.known(ask.caller, world.base)
    if rest.strip("/").lower() == "$batch":
        if ask.method != "POST":
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")  # fmt: skip
        return batch.answer(ask, bodies.read_json(ask), lambda one: answer(world, one))
    place = take_apart(rest)
    place, own = _me(place, caller)
    route, keys = ROUTES.find(ask.method, place)
    if route.beta and not ask.path.startswith("/beta/"):
        raise no_segment(route.parts[1])
    limited = access.judge(caller, "me" if own and route.who in OWN else route.who)
    if place.counted and route.answers != "list":
        raise no_segment("$count")
    call = Call(
        world=world,
        ask=ask,
        caller=caller,
        keys=keys,
        options=_options(ask, route, place),
        body=_body(ask, route),
        cast=_cast(place, route),
        counted=place.counted,
        limited=limited,
    )
    found = route.serve(call)
    if isinstance(found, Answer):
        return found
    if isinstance(found, Rows):
        return _several(call, found, route)
    return _single(call, found, route)


def _rest(path: str) -> str:
    for version in VERSIONS:
        if path.startswith(f"{version}/"):
            rest = path[len(version) :]
            if rest.strip("/").lower() == "$metadata":
                raise not_modelled("$metadata")
            return rest
    raise no_segment(path.strip("/").split("/")[0])


def _me(place: Place, caller: Caller) -> tuple[Place, bool]:
    first = place.segments[0] if place.segments else None
    if not isinstance(first, str) or first.lower() != "me":
        return place, False
    if caller.user_id is None:
        raise bad("/me request is only valid with delegated authentication flow.", "BadRequest")
    return replace(place, segments=("users", Key(caller.user_id), *place.segments[1:])), True


def _options(ask: Ask, route: Route, place: Place) -> query.Options:
    allowed = query.COUNTED if place.counted else query.ALLOWED.get(route.answers, frozenset())
    options = query.read_options(ask, allowed)
    if place.counted:
        if not options.eventual:
            raise bad("$count is not currently supported.")
        return replace(options, values=options.values | {"counted": "true"})
    return options


def _body(ask: Ask, route: Route) -> Any:
    takes = route.takes
    if takes is None:
        if ask.body.strip() not in {b"", b"{}", b"null"} and ask.method != "DELETE":
            raise bad("The request takes no body.")
        return {}
    if takes == "raw":
        return {}
    if takes == "$ref":
        return bodies.read_json(ask)
    name = takes.removesuffix("?")
    if name != takes and not ask.body.strip():
        return {}
    body = bodies.judge(name, bodies.read_json(ask), creating=ask.method == "POST")
    given = [prop.name for prop in schema.TYPES[name].values() if "M" in prop.marks]
    if name not in schema.ENTITY_NAMES:
        for one in given:
            if one not in body:
                raise bad(f"The required parameter '{one}' is missing in the request.")
    return body


def _cast(place: Place, route: Route) -> str | None:
    if place.cast is None:
        return None
    if place.cast not in schema.ENTITY_NAMES:
        raise no_segment(f"microsoft.graph.{place.cast}")
    if route.answers != "list" and (route.method != "GET" or place.cast not in schema.MIXED):
        raise not_modelled(f"the type cast to {place.cast} here")
    return place.cast


# ---- answers ----


def _several(call: Call, found: Rows, route: Route) -> Answer:
    options = call.options
    start = query.started(options, by_id=found.after is not None)
    rows = found.rows if found.after is None or start.by_index else found.after(start.after)
    type_name = found.type_name
    if call.cast:
        rows, type_name = (row for row in rows if row.type_name == call.cast), call.cast
    directory = type_name in schema.DIRECTORY
    if directory and "count" in options.values and not options.eventual:
        raise bad("$count is not currently supported.")
    names = query.chosen(type_name, options)
    wanted = expansion(type_name, options)
    narrowed = query.narrow(rows, type_name, options)
    if call.counted:
        return Answer(body=str(len(list(narrowed))), headers={"content-type": "text/plain"})
    body: dict[str, Any] = {"@odata.context": _context(call, type_name, names)}
    if options.wants_count and "skiptoken" not in options.values:
        narrowed = list(narrowed)
        body["@odata.count"] = len(narrowed)
    if route.answers == "rows":
        part, token = list(narrowed), None
    else:
        part, token = query.page(narrowed, options, start)
    typed = found.type_name == "directoryObject"
    shown = [query.show(row, names, single=False, typed=typed) for row in part]
    if wanted is not None:
        for row, one in zip(part, shown, strict=True):
            one.update(expanded(call.world, row, wanted))
    if token is not None:
        body["@odata.nextLink"] = query.next_link(call.world.base, call.ask, token)
    return Answer(body=body | {"value": shown})


def _single(call: Call, found: Row, route: Route) -> Answer:
    if call.cast and call.cast != found.type_name:
        raise missing(str(found.body["id"]))
    names = query.chosen(found.type_name, call.options)
    # An object in a list of mixed ones, or looked up by id alone, says what it is.
    typed = route.pattern.startswith("directory") or route.pattern.endswith("/manager")
    shown = query.show(found, names, single=True, typed=typed)
    if found.type_name == "application" and route.method != "GET":
        # A secret made along with its application is shown now or never.
        shown["passwordCredentials"] = found.body.get("passwordCredentials", [])
    wanted = expansion(found.type_name, call.options)
    if wanted is not None:
        shown |= expanded(call.world, found, wanted)
    context = _context(call, found.type_name, names)
    created = call.ask.method in {"POST", "PATCH"} and not _acts(route)
    body = {"@odata.context": f"{context}/$entity"} | shown
    return Answer(status=201 if created else 200, body=body)


def _acts(route: Route) -> bool:
    changed = route.method == "PATCH" and route.takes == "event"
    return changed or route.parts[-1] in {"restore", "assignLicense"}


def _context(call: Call, type_name: str, names: tuple[str, ...] | None) -> str:
    name = SETS.get(type_name) or f"{type_name}s"
    chosen = f"({','.join(names)})" if names else ""
    version = call.ask.path.split("/")[1]
    return f"{call.world.base}/{version}/$metadata#{name}{chosen}"

"""Licences: given to people and taken back, as far as units and places of use allow.

Source: learn.microsoft.com/graph/api/user-assignlicense
"""

from toolkit.practice.graph.errors import bad
from toolkit.practice.graph.objects import Call, row, save, truth
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body

EXCHANGE_PLANS = frozenset({"EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_STANDARD"})


def routes() -> list[Route]:
    """List the routes of this module."""
    return [
        Route(
            method="POST",
            pattern="users/{object}/assignLicense",
            serve=_assign,
            who="licences.write",
            takes="assignLicense",
        )
    ]


def _assign(call: Call) -> Row:
    body, world = truth(call, "user", call.keys["object"]), call.world
    skus = {sku["skuId"].lower(): sku for sku in world.store.all("subscribedSku")}
    held = {one["skuId"].lower(): one for one in body.get("assignedLicenses", ())}
    add, remove = call.body["addLicenses"], [key.lower() for key in call.body["removeLicenses"]]
    for key in remove:
        if key not in held:
            raise bad(f"User does not have a corresponding license: {key}.")
        del held[key]
        skus[key]["consumedUnits"] -= 1
    if add and not body.get("usageLocation"):
        raise bad("License assignment cannot be done for user with invalid usage location.")
    for one in add:
        _add(skus, held, one)
    body["assignedLicenses"] = list(held.values())
    body["assignedPlans"] = _plans(call, skus, held)
    for key in sorted(
        {*remove, *(one["skuId"].lower() for one in add)}
    ):  # nothing is written before everything is judged
        save(call, "subscribedSku", skus[key])
    save(call, "user", body)
    return row("user", body)


def _add(skus: dict[str, Body], held: dict[str, Body], one: Body) -> None:
    key = (one.get("skuId") or "").lower()
    if key not in skus:
        raise bad(f"License {key} does not correspond to a valid company License.")
    plans = {plan["servicePlanId"]: plan for plan in skus[key]["servicePlans"]}
    off = one.get("disabledPlans", [])
    for plan in off:
        if plan.lower() not in plans:
            raise bad(f"Plan {plan} is not part of the license {key}.")
    _check_exclusive(skus, held, key, set(off))
    if key not in held:
        units = skus[key]["prepaidUnits"]["enabled"] - skus[key]["consumedUnits"]
        if units <= 0:
            part = skus[key]["skuPartNumber"]
            raise bad(f"Subscription with SKU {part} does not have any available licenses.")
        skus[key]["consumedUnits"] += 1
    held[key] = {"disabledPlans": off, "skuId": key}


def _check_exclusive(skus: dict[str, Body], held: dict[str, Body], key: str, off: set[str]) -> None:
    def exchange(sku: str, without: set[str]) -> set[str]:
        return {
            plan["servicePlanName"]
            for plan in skus[sku]["servicePlans"]
            if plan["servicePlanName"] in EXCHANGE_PLANS and plan["servicePlanId"] not in without
        }

    mine = exchange(key, off)
    for other, licence in held.items():
        theirs = exchange(other, set(licence["disabledPlans"]))
        if other != key and mine and theirs and mine != theirs:
            raise bad(
                "License assignment failed because service plans"
                f" {', '.join(sorted(mine | theirs))} are mutually exclusive."
            )


def _plans(call: Call, skus: dict[str, Body], held: dict[str, Body]) -> list[Body]:
    return [
        {
            "assignedDateTime": call.world.stamp(),
            "capabilityStatus": "Enabled",
            "service": plan["servicePlanName"].partition("_")[0].lower(),
            "servicePlanId": plan["servicePlanId"],
        }
        for key, licence in held.items()
        for plan in skus[key]["servicePlans"]
        if plan["servicePlanId"] not in licence["disabledPlans"]
    ]

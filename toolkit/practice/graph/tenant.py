"""What belongs to the tenant as a whole: policies, role definitions, eligible roles.

Sources: learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy and
rolemanagement.
"""

from typing import Any

from toolkit.practice.graph.bodies import judge, read_json, require
from toolkit.practice.graph.errors import bad, missing
from toolkit.practice.graph.objects import (
    DONE,
    Call,
    Rows,
    referenced_policy,
    row,
    save,
    seen,
    truth,
)
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.policies import TENANT_POLICY
from toolkit.practice.graph.query import Row
from toolkit.practice.graph.relations import definition
from toolkit.practice.graph.role_names import ROLE_NAMES
from toolkit.practice.wire import Answer

POLICY = "appManagementPolicy"
SECURITY_DEFAULTS = {
    "id": "00000000-0000-0000-0000-000000000005",
    "displayName": "Security Defaults",
    "description": "Security defaults is a set of basic identity security mechanisms recommended"
    " by Microsoft.",
    "isEnabled": False,
}
DEFAULT_RIGHTS: dict[str, Any] = {
    "allowedToCreateApps": False,
    "allowedToCreateSecurityGroups": True,
    "allowedToCreateTenants": False,
    "allowedToReadBitlockerKeysForOwnedDevice": True,
    "allowedToReadOtherUsers": True,
    "permissionGrantPoliciesAssigned": [
        "ManagePermissionGrantsForSelf.microsoft-user-default-recommended"
    ],
}
AUTHORIZATION = {
    "id": "authorizationPolicy",
    "displayName": "Authorization Policy",
    "description": "Used to manage authorization related settings across the company.",
    "allowedToSignUpEmailBasedSubscriptions": True,
    "allowedToUseSSPR": True,
    "allowEmailVerifiedUsersToJoinOrganization": False,
    "allowInvitesFrom": "everyone",
    "allowUserConsentForRiskyApps": None,
    "blockMsolPowerShell": False,
    "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    "defaultUserRolePermissions": DEFAULT_RIGHTS,
}


def routes() -> list[Route]:
    """List the routes of this module."""
    policies, one = "policies/appManagementPolicies", "policies/appManagementPolicies/{object}"
    tenant, roles = "policies/defaultAppManagementPolicy", "roleManagement/directory"
    eligible = f"{roles}/roleEligibilitySchedules"
    applied = "applications/{object}/appManagementPolicies"

    def get(pattern: str, serve: Any, who: str, answers: str) -> Route:
        return Route(method="GET", pattern=pattern, serve=serve, who=who, answers=answers)

    def write(method: str, pattern: str, serve: Any, takes: str | None = None) -> Route:
        who = "policies.apply" if pattern.startswith("applications") else "policies.write"
        return Route(method=method, pattern=pattern, serve=serve, who=who, takes=takes)

    return [
        get(tenant, _tenant_policy, "policies.read", "one"),
        write("PATCH", tenant, _patch_tenant_policy, "tenantAppManagementPolicy"),
        get(policies, _policies, "policies.read", "list"),
        get(one, lambda call: row(POLICY, _policy(call)), "policies.read", "one"),
        write("POST", policies, _create_policy, POLICY),
        write("PATCH", one, _patch_policy, "raw"),
        write("DELETE", one, _delete_policy),
        write("POST", f"{applied}/$ref", _apply_policy, "$ref"),
        write("DELETE", f"{applied}/{{item}}/$ref", _withdraw_policy),
        get("policies/identitySecurityDefaultsEnforcementPolicy", _security_defaults, "policies.security", "one"),
        get("policies/authorizationPolicy", _authorization, "policies.authorization", "one"),
        get(f"{roles}/roleDefinitions", _role_definitions, "roles.definitions", "list"),
        get(f"{roles}/roleDefinitions/{{object}}", _role_definition, "roles.definitions", "one"),
        get(eligible, _eligible, "roles.eligible", "list"),
        get(f"{eligible}/filterByCurrentUser/{{on}}", _eligible_myself, "roles.eligible.own", "list"),
    ]  # fmt: skip


# ---- app management policies ----


def _tenant_policy(call: Call) -> Row:
    body = call.world.seen(POLICY, TENANT_POLICY) or {}
    return Row(type_name="tenantAppManagementPolicy", body=body)


def _patch_tenant_policy(call: Call) -> Answer:
    body = call.world.store.get(POLICY, TENANT_POLICY) or {}
    call.world.put(POLICY, TENANT_POLICY, body | call.body)
    return DONE


def _policies(call: Call) -> Rows:
    tenant = (call.world.store.get(POLICY, TENANT_POLICY) or {}).get("id")
    found = [one for one in call.world.all_seen(POLICY) if one["id"] != tenant]
    return Rows(type_name=POLICY, rows=[row(POLICY, one) for one in found])


def _policy(call: Call) -> Any:
    if call.keys["object"].value.lower() == TENANT_POLICY:
        raise missing(TENANT_POLICY)
    return seen(call, POLICY, call.keys["object"])


def _create_policy(call: Call) -> Row:
    require(call.body, "displayName", "restrictions")
    body = {"id": call.world.new_id(), "isEnabled": False, "description": None, **call.body}
    save(call, POLICY, body)
    return row(POLICY, body)


def _patch_policy(call: Call) -> Answer:
    given = judge(POLICY, read_json(call.ask), creating=False)
    _policy(call)
    save(call, POLICY, truth(call, POLICY, call.keys["object"]) | given)
    return DONE


def _delete_policy(call: Call) -> Answer:
    key = _policy(call)["id"]
    if any(key in app.get("_policies", ()) for app in call.world.store.all("application")):
        raise bad("The policy can't be deleted while it is assigned to an application.")
    call.world.remove(POLICY, key)
    return DONE


def _apply_policy(call: Call) -> Answer:
    body = truth(call, "application", call.keys["object"])
    key = referenced_policy(call, call.body)
    if key in body.get("_policies", ()):
        raise bad(
            "One or more added object references already exist for the following modified"
            " properties: 'appManagementPolicies'."
        )
    save(call, "application", body | {"_policies": [key]})  # an app has one at most
    return DONE


def _withdraw_policy(call: Call) -> Answer:
    body = truth(call, "application", call.keys["object"])
    key = call.keys["item"].value.lower()
    if key not in body.get("_policies", ()):
        raise missing(key)
    body["_policies"].remove(key)
    save(call, "application", body)
    return DONE


# ---- policies that are only read ----


def _security_defaults(call: Call) -> Row:
    on = call.world.store.setting("security_defaults", default=False)
    body = SECURITY_DEFAULTS | {"isEnabled": bool(on)}
    return Row(type_name="identitySecurityDefaultsEnforcementPolicy", body=body)


def _authorization(call: Call) -> Row:
    body = AUTHORIZATION
    if call.world.store.setting("consent", "users") != "users":
        people = {**DEFAULT_RIGHTS, "permissionGrantPoliciesAssigned": []}
        body = body | {"defaultUserRolePermissions": people}
    return Row(type_name="authorizationPolicy", body=body)


# ---- roles ----


def _role_definitions(_call: Call) -> Rows:
    return Rows(type_name="unifiedRoleDefinition", rows=[definition(one) for one in ROLE_NAMES])


def _role_definition(call: Call) -> Row:
    key = call.keys["object"].value.lower()
    if key not in ROLE_NAMES:
        raise missing(key)
    return definition(key)


def _eligible(call: Call) -> Rows:
    kind = "unifiedRoleEligibilitySchedule"
    found = [_schedule(one) for one in call.world.all_seen("directoryRoleEligibility")]
    return Rows(type_name=kind, rows=[Row(type_name=kind, body=one) for one in found])


def _eligible_myself(call: Call) -> Rows:
    if call.keys["on"].value != "principal":
        raise bad("The value of the parameter 'on' must be 'principal'.")
    found = _eligible(call)
    mine = [one for one in found.rows if one.body["principalId"] == call.actor]
    return Rows(type_name=found.type_name, rows=mine)


def _schedule(assignment: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "principalId", "roleDefinitionId")
    expiration = {"type": "noExpiration", "endDateTime": None, "duration": None}
    return {name: assignment[name] for name in names} | {
        "directoryScopeId": assignment.get("directoryScopeId", "/"),
        "memberType": "Direct",
        "status": "Provisioned",
        "scheduleInfo": {"startDateTime": None, "recurrence": None, "expiration": expiration},
    }

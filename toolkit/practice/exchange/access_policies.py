"""Application access policies, the older fence: the cmdlets, and how a policy is evaluated."""

from collections.abc import Iterable, Mapping

from toolkit.practice.exchange import configuration_objects, recipients
from toolkit.practice.exchange.cmdlet_call import (
    Call,
    Cmdlet,
    CmdletError,
    Result,
    no_such_reference,
)
from toolkit.practice.exchange.recipients import SECURITY_GROUP
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "accessPolicy"
EVERY_APP = "*"
MOST_POLICIES = 300
SCOPES = frozenset({"UserMailbox", "MailUser", SECURITY_GROUP})
NOT_PRINCIPAL = "Microsoft.Exchange.Management.ApplicationAccessPolicy.InvalidScopeException"
TOO_LARGE = "Microsoft.Exchange.Management.ApplicationAccessPolicy.PolicySizeException"


def get_application_access_policy(call: Call) -> Result:
    """Answer Get-ApplicationAccessPolicy."""
    return Result(rows=configuration_objects.asked(call, call.world.all_seen(KIND), _names))


def new_application_access_policy(call: Call) -> Result:
    """Answer New-ApplicationAccessPolicy: one policy an app; equal policies are not refused."""
    world = call.world
    identity = call.text("PolicyScopeGroupId")
    scope = recipients.find(world, identity)
    if scope is None:
        raise no_such_reference(identity)
    if recipients.kind_of(scope) not in SCOPES:
        raise CmdletError(
            NOT_PRINCIPAL,
            f"The policy scope '{identity}' isn't a security principal. Specify a mailbox, a mail"
            " user or a mail-enabled security group.",
        )
    apps = call.texts("AppId")
    if len(world.store.all(KIND)) + len(apps) > MOST_POLICIES:
        raise CmdletError(TOO_LARGE, "The total size of App Access Policies exceeded the limit.")
    made = [configuration_objects.make(call, KIND, _body(call, app, scope)) for app in apps]
    return Result(rows=[row for result in made for row in result.rows])


def set_application_access_policy(call: Call) -> Result:
    """Answer Set-ApplicationAccessPolicy: only the description can be changed."""
    before = configuration_objects.true_one(call, KIND, _names)
    text = call.text("Description") if "Description" in call.given else before["Description"]
    return configuration_objects.change(call, KIND, before, before | {"Description": text})


def remove_application_access_policy(call: Call) -> Result:
    """Answer Remove-ApplicationAccessPolicy."""
    found = configuration_objects.true_one(call, KIND, _names)
    return configuration_objects.remove(call, KIND, found)


def test_application_access_policy(call: Call) -> Result:
    """Answer Test-ApplicationAccessPolicy: what is configured, long before it takes effect."""
    world = call.world
    user = recipients.find(world, call.text("Identity"))
    if user is None:
        raise call.missing()
    policies = world.store.all(KIND)
    blocked = blocks(world, policies, call.text("AppId"), user["id"])
    return Result(
        rows=[
            {
                "AppId": call.text("AppId"),
                "Mailbox": recipients.name(user),
                "MailboxId": recipients.guid(user),
                "MailboxSid": "",
                "AccessCheckResult": "Denied" if blocked else "Granted",
            }
        ]
    )


def blocks(world: World, policies: Iterable[Body], app_id: str, user_id: str) -> bool:
    """Tell whether policies keep an app out of a mailbox; nested members count.

    A deny that fits wins; with restrictions one of them must fit; without any policy all is open.
    Source: learn.microsoft.com/powershell/module/exchange/new-applicationaccesspolicy
    """
    concerned = [one for one in policies if one["AppId"].lower() in {EVERY_APP, app_id.lower()}]
    fitting = {
        one["AccessRight"] for one in concerned if _within(world, one["ScopeIdentity"], user_id)
    }
    restricted = any(one["AccessRight"] == "RestrictAccess" for one in concerned)
    return "DenyAccess" in fitting or (restricted and "RestrictAccess" not in fitting)


def _within(world: World, scope: str, user_id: str) -> bool:
    waiting, known = [scope], {scope}
    while waiting:
        key = waiting.pop()
        if key == user_id:
            return True
        group = world.store.get("group", key) or {}
        fresh = set(group.get("_members") or ()) - known
        known |= fresh
        waiting += fresh
    return False


def _body(call: Call, app: str, scope: Body) -> Body:
    guid = call.world.new_id()
    tenant = call.world.store.all("organization")[0]["id"]
    return {
        "AccessRight": call.text("AccessRight"),
        "AppId": app,
        "Description": call.text("Description"),
        "Guid": guid,
        "Identity": f"{tenant}\\{app}:{scope['id']};{guid}",
        "IsValid": True,
        "ScopeIdentity": scope["id"],
        "ScopeName": recipients.name(scope),
    }


def _names(policy: Body) -> Iterable[str]:
    return (policy["Identity"], policy["Guid"])


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-ApplicationAccessPolicy": get_application_access_policy,
    "New-ApplicationAccessPolicy": new_application_access_policy,
    "Set-ApplicationAccessPolicy": set_application_access_policy,
    "Remove-ApplicationAccessPolicy": remove_application_access_policy,
    "Test-ApplicationAccessPolicy": test_application_access_policy,
}

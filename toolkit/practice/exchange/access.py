"""What an app may really do in a mailbox: its grants in Entra, policies, and the roles Exchange believes."""

from dataclasses import dataclass

from toolkit.practice.exchange import access_policies, application_roles, shared_folders
from toolkit.practice.exchange.application_roles import ROLES, Grant
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Caller
from toolkit.practice.world import World

KIND = "permissionCache"
POLICIES = "accessPolicies"
IDLE_SECONDS = 30 * 60
BUSY_SECONDS = 2 * 60 * 60
# "Changes to application access policies can take longer than 1 hour to take effect": Graph's docs,
# concepts/auth-limit-mailbox-access.md.
POLICY_SECONDS = 65 * 60
CALENDAR_WRITE = frozenset({"Calendars.ReadWrite"})
CALENDAR_READ = CALENDAR_WRITE | {"Calendars.Read", "Calendars.ReadBasic.All"}
SETTINGS_WRITE = frozenset({"MailboxSettings.ReadWrite"})
SETTINGS_READ = SETTINGS_WRITE | {"MailboxSettings.Read"}
MAILBOX_APIS = ("Calendars.", "Contacts.", "Mail.", "MailboxFolder.", "MailboxItem.", "MailboxSettings.")  # fmt: skip
# What access policies constrain; Calendars.ReadBasic.All passes them by.
CONSTRAINED = frozenset(
    f"{api}.{right}"
    for api in ("Calendars", "Contacts", "Mail", "MailboxSettings")
    for right in ("Read", "ReadWrite")
) | {"Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Send"}
BLOCKED = (
    "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy"
    " settings."
)
OUT_OF_SCOPE = "Access is denied. Check credentials and try again."
NOTHING = "Insufficient privileges to complete the operation."


def calendar_refusal(
    world: World, caller: Caller, user: Body, *, write: bool = False
) -> Answer | None:
    """Refuse to open a calendar; None means that it's open."""
    return mailbox_refusal(world, caller, user, CALENDAR_WRITE if write else CALENDAR_READ)


def settings_refusal(
    world: World, caller: Caller, user: Body, *, write: bool = False
) -> Answer | None:
    """Refuse to open a mailbox's settings; None means that they're open."""
    return mailbox_refusal(world, caller, user, SETTINGS_WRITE if write else SETTINGS_READ)


def mailbox_refusal(
    world: World,
    caller: Caller,
    user: Body,
    permissions: frozenset[str],
    *,
    folder: str = "",
    right: str = shared_folders.READ,
) -> Answer | None:
    """Refuse a call that needs one of these permissions; None means that the mailbox is open.

    A person opens the own mailbox, and of others' a folder that was shared, by a permission that
    ends with `.Shared`.

    What Entra granted, as far as policies let it, and what Exchange believes of the app's roles
    add up. Each question counts as a call of the app: it keeps a stale belief alive.
    Source: learn.microsoft.com/exchange/permissions-exo/application-rbac
    """
    if caller.user_id is not None:
        shared = frozenset(f"{one}.Shared" for one in permissions) & caller.scopes
        if caller.user_id == user["id"]:
            may = bool(shared or permissions & caller.scopes)
        else:
            held = shared_folders.rights(world, caller.user_id, user, folder)
            may = bool(shared and right in held)
        return None if may else _refusal(world, "ErrorAccessDenied", OUT_OF_SCOPE)
    grants = _believed(world, caller.app_id)
    if any(permissions & one.permissions and one.reaches(user["id"]) for one in grants):
        return None
    granted = caller.roles & permissions
    blocked = _blocked(world, caller.app_id, user["id"])
    if granted and not (blocked and granted <= CONSTRAINED):
        return None
    if granted:
        return _refusal(world, "ErrorAccessDenied", BLOCKED)
    if grants or any(role.startswith(MAILBOX_APIS) for role in caller.roles):
        return _refusal(world, "ErrorAccessDenied", OUT_OF_SCOPE)
    return _refusal(world, "Authorization_RequestDenied", NOTHING)


def before_change(world: World) -> None:
    """Write down what Exchange believes of every app, before a cmdlet changes what is true."""
    for app_id in _apps(world):
        if world.store.get(KIND, app_id) is None:
            _save(world, app_id, _Belief(application_roles.grants(world, app_id)))
    world.put(KIND, POLICIES, {"id": POLICIES} | _policies(world), lag=False)


def after_change(world: World) -> None:
    """Note for which apps a cmdlet made true something that Exchange doesn't believe yet."""
    now = world.at()
    for app_id in _apps(world):
        belief = _load(world, app_id) or _Belief(frozenset())
        truth = application_roles.grants(world, app_id)
        if truth == belief.grants or not _cached(world):
            belief = _Belief(truth, called=belief.called)
        elif belief.changed is None:
            belief = _Belief(belief.grants, changed=now, called=belief.called)
        _save(world, app_id, belief)
    believed = world.store.get(KIND, POLICIES)
    if believed and believed["policies"] != world.store.all(access_policies.KIND):
        world.put(KIND, POLICIES, believed | {"changed": now}, lag=False)


@dataclass(frozen=True)
class _Belief:
    """What Exchange believes of an app, since when that's wrong, and when the app last called."""

    grants: frozenset[Grant]
    changed: float | None = None
    called: float | None = None

    def renews_at(self) -> float:
        """Tell when it learns the truth: after 30 quiet minutes, at the latest after two hours."""
        changed = self.changed or 0.0
        quiet = max(changed, self.called or 0.0) + IDLE_SECONDS
        return min(quiet, changed + BUSY_SECONDS)


def _believed(world: World, app_id: str) -> frozenset[Grant]:
    """Tell what Exchange believes at this call of the app."""
    truth = application_roles.grants(world, app_id)
    if not _cached(world):
        return truth
    # Where nothing was noted, nothing has changed since the world was made.
    belief = _load(world, app_id) or _Belief(truth)
    if belief.grants != truth and belief.changed is None:
        belief = _Belief(belief.grants, changed=_last_change(world), called=belief.called)
    if belief.grants == truth or world.at() >= belief.renews_at():
        belief = _Belief(truth)
    if belief.grants or truth:
        _save(world, app_id, _Belief(belief.grants, changed=belief.changed, called=world.at()))
    return belief.grants


def _last_change(world: World) -> float:
    """Tell when something last changed that is no cmdlet's doing: somebody used Graph."""
    rows = world.store.execute(
        "select max(changed) from object where kind in (?, ?, ?, ?)",
        ("administrativeUnit", "group", "servicePrincipal", "user"),
    )
    return float(rows[0][0] or 0.0)


def _blocked(world: World, app_id: str, user_id: str) -> bool:
    return access_policies.blocks(world, _policies(world)["policies"], app_id, user_id)


def _policies(world: World) -> Body:
    """Tell which policies are in effect, and since when that is out of date."""
    believed = world.store.get(KIND, POLICIES) or {}
    changed = believed.get("changed")
    if changed is None or not _cached(world) or world.at() >= changed + POLICY_SECONDS:
        return {"policies": world.store.all(access_policies.KIND), "changed": None}
    return believed


def _apps(world: World) -> list[str]:
    noted = {body["id"] for body in world.store.all(KIND)} - {POLICIES}
    return sorted(noted | {one["AppId"].lower() for one in application_roles.pointers(world)})


def _cached(world: World) -> bool:
    return bool(world.store.setting("permission_cache", True))


def _load(world: World, app_id: str) -> _Belief | None:
    body = world.store.get(KIND, app_id.lower())
    if body is None:
        return None
    grants = frozenset(
        Grant(
            role=role,
            permissions=frozenset(ROLES.get(role, ())),
            members=None if members is None else frozenset(members),
        )
        for role, members in body["grants"]
    )
    return _Belief(grants, changed=body["changed"], called=body["called"])


def _save(world: World, app_id: str, belief: _Belief) -> None:
    grants = [
        (one.role, None if one.members is None else sorted(one.members)) for one in belief.grants
    ]
    key = app_id.lower()
    body = {
        "id": key,
        "grants": sorted(grants, key=str),
        "changed": belief.changed,
        "called": belief.called,
    }
    world.put(KIND, key, body, lag=False)


def _refusal(world: World, code: str, message: str) -> Answer:
    inner = {
        "date": world.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": world.new_id(),
        "client-request-id": world.new_id(),
    }
    error = {"code": code, "message": message, "innerError": inner}
    return Answer(status=403, body={"error": error})

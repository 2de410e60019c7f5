"""Exchange's configuration objects: found by name or Guid, made under a free name, changed, removed."""

from collections.abc import Callable, Iterable

from toolkit.practice.exchange.cmdlet_call import Call, CmdletError, Result, ambiguous
from toolkit.practice.store import Body
from toolkit.practice.world import World

LONGEST_NAME = 64
EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
VALIDATION = "Microsoft.Exchange.Data.DataValidationException"
UNMODIFIED = "The command completed successfully but no settings of '{}' have been modified."

Names = Callable[[Body], Iterable[str]]


def names(body: Body) -> Iterable[str]:
    """Tell the identities of most configuration objects."""
    return (body["Name"], body["Identity"], body["Guid"] or "")


def fitting(listed: Iterable[Body], identity: str, names_of: Names = names) -> Body | None:
    """Find the one object that an identity fits; None where there is none."""
    wanted = identity.lower()
    found = [one for one in listed if wanted in {name.lower() for name in names_of(one)}]
    if len(found) > 1:
        raise ambiguous(identity)
    return found[0] if found else None


def one(call: Call, listed: Iterable[Body], names_of: Names = names) -> Body:
    """Find the object that -Identity means."""
    found = fitting(listed, call.text("Identity"), names_of)
    if found is None:
        raise call.missing()
    return found


def asked(call: Call, listed: list[Body], names_of: Names = names) -> list[Body]:
    """List the one object that -Identity means, or all without it."""
    return [one(call, listed, names_of)] if call.text("Identity") else listed


def true_one(call: Call, kind: str, names_of: Names = names) -> Body:
    """Find what -Identity means on a lagging replica, and read it as it really is."""
    found = one(call, call.world.all_seen(kind), names_of)
    body = call.world.store.get(kind, found["Guid"])
    if body is None:
        raise call.missing()
    return body


def free_name(world: World, kind: str, name: str) -> str:
    """Check a name: 64 characters at most, and nobody else's."""
    if not 0 < len(name) <= LONGEST_NAME:
        raise CmdletError(
            VALIDATION,
            f"The value \"{name}\" of property 'Name' isn't valid: its length must be between 1"
            f" and {LONGEST_NAME} characters.",
        )
    if any(body["Name"].lower() == name.lower() for body in world.store.all(kind)):
        raise CmdletError(
            EXISTS,
            "Active Directory operation failed on the server. This error is not retriable. The"
            f" object 'CN={name},CN=RBAC,CN=Configuration' already exists.",
        )
    return name


def make(call: Call, kind: str, body: Body) -> Result:
    """Write a new object and show it."""
    if call.flag("WhatIf"):
        return Result()
    call.world.put(kind, body["Guid"], body)
    return Result(rows=[body])


def change(call: Call, kind: str, before: Body, after: Body) -> Result:
    """Write an object anew, or warn that it's the same."""
    if before == after:
        return Result(warnings=(UNMODIFIED.format(before["Identity"]),))
    if not call.flag("WhatIf"):
        call.world.put(kind, after["Guid"], after)
    return Result()


def remove(call: Call, kind: str, body: Body) -> Result:
    """Take an object away."""
    if not call.flag("WhatIf"):
        call.world.remove(kind, body["Guid"])
    return Result()

"""What mailgrant calls the things it makes, and writes on them: fixed names, behind a profile's beginnings."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.inputs import BEGINS
from toolkit.steps.base import Mark

LONGEST = 64
"""Characters that Exchange takes in the name of a group or a role assignment.

Source: learn.microsoft.com/powershell/module/exchangepowershell/new-managementroleassignment (Name)
"""
OURS = "mailgrant-"
TAG = "mailgrant-names:"

NOTES = (
    "Set up by mailgrant: playbook {playbook}, instance {instance}{change}. Do not press 'Grant admin consent' "
    "here: what it needs was granted, and more could let it into every mailbox."
)


def notes(mark: Mark, ticket: str) -> str:
    """Say on an application registration whose it is, and what not to do to it."""
    change = f", change {ticket}" if ticket else ""
    return NOTES.format(playbook=mark.playbook, instance=mark.instance, change=change)


def tags(mark: Mark, begins: Mapping[str, str]) -> frozenset[str]:
    """List the tags of a set-up's application; how its names begin is noted where they do.

    So a colleague whose profile begins names otherwise finds what is there, and renames nothing.
    """
    said = [begins.get(each, "") for each in BEGINS]
    noted = {f"{TAG}{mark.playbook}:{mark.instance}:{'|'.join(said)}"} if any(said) else set()
    return frozenset({"mailgrant", mark.tag, *noted})


def begins_in(found: Iterable[str], mark: Mark) -> dict[str, str]:
    """Read from an application's tags how the names of its set-up begin; nothing where it has none."""
    known = set(found)
    if mark.tag not in known:
        return {}
    start = f"{TAG}{mark.playbook}:{mark.instance}:"
    noted = next((tag.removeprefix(start) for tag in known if tag.startswith(start)), "")
    said = noted.split("|") if noted.count("|") == len(BEGINS) - 1 else [""] * len(BEGINS)
    return dict(zip(BEGINS, said, strict=True))


def group(mark: Mark, begin: str, address: str) -> str:
    """Name a group in Exchange's directory, where each name is taken once: another address, another name."""
    digest = hashlib.sha256(address.lower().encode()).hexdigest()
    return f"{f'{begin}{mark.name}'[: LONGEST - 9]}-{digest[:8]}"


def assignment(mark: Mark, role: str, begin: str) -> str:
    """Name the assignment of a role: fixed, so that it is found again."""
    slug = re.sub(r"[^a-z0-9]+", "-", role.removeprefix("Application ").lower()).strip("-")
    name = f"{begin}{mark.name}-{slug}"
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def is_assignment_of(row: Mapping[str, Any], mark: Mark) -> bool:
    """Tell an assignment of a set-up by its name, however it begins."""
    name = str(row["Name"])
    begin = name[: max(name.find(OURS), 0)]
    return name == assignment(mark, str(row.get("Role", "")), begin)

"""Who may use an application, line by line: everybody, groups with their members counted, single people."""

from dataclasses import dataclass
from typing import Any

from toolkit.accounts import Access, Entry
from toolkit.systems import graph_accounts
from toolkit.systems.graph_delegated import EVERYBODY, scopes_in
from toolkit.visible import visible

GROUP, PERSON = "Group", "User"
"""Whom of those assigned a list of people names; applications aren't (resources/approleassignment)."""
NO_DATE = "since when: unknown (Microsoft Graph tells no date of consent)"
"""Source: learn.microsoft.com/graph/api/resources/oauth2permissiongrant"""
UNREADABLE = (
    "Last sign-ins: not readable. Entra shows them with Microsoft Entra ID P1 to who holds AuditLog.Read.All and a "
    "role such as Reports Reader, for 30 days."
)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody, or everybody, and what lets them in. `members` counts a group's direct members."""

    who: str
    kind: str
    how: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    since: str = ""
    members: int | None = None
    last_sign_in: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "who": self.who,
            "kind": self.kind,
            "how": list(self.how),
            "scopes": list(self.scopes),
            "since": self.since or None,
            "members": self.members,
            "last_sign_in": self.last_sign_in or None,
        }

    @property
    def line(self) -> str:
        """Write it as a line."""
        parts = [visible(self.who), ", ".join(self.how)]
        if self.members is not None:
            parts.append(f"{self.members} direct member{'' if self.members == 1 else 's'}")
        if self.scopes:
            parts.append(" ".join(self.scopes))
        parts.append(f"assigned since {self.since[:10]}" if self.since else NO_DATE)
        if self.last_sign_in:
            parts.append(f"last sign-in {self.last_sign_in[:16].replace('T', ' ')} UTC")
        return "; ".join(parts)


def listed(access: Access) -> tuple[list[Holder], bool]:
    """List who has access, and tell whether sign-ins can be read: in at most seven requests, however many they are."""
    graph = access.tenant.graph
    signed_in = graph_accounts.last_sign_ins(graph, access.client_id)
    groups = [one for one in access.assigned if one.get("principalType") == GROUP]
    counts = graph_accounts.members_of(graph, [one["principalId"] for one in groups])
    people = {one["principalId"] for one in access.assigned if one.get("principalType") == PERSON}
    people |= {one["principalId"] for one in access.grants if one.get("principalId")}
    names = graph_accounts.named(graph, people) if people else {}
    found = [_everybody(one, access) for one in access.grants if one["consentType"] == EVERYBODY]
    found += [_group(one, counts) for one in groups]
    for person in people:
        entry = names.get(person, {})
        name = str(entry.get("userPrincipalName") or entry.get("displayName") or person)
        found.append(_person(name, person, access, (signed_in or {}).get(person, "")))
    order = ("everybody", "group", "person")
    return sorted(found, key=lambda one: (order.index(one.kind), one.who)), signed_in is not None


def _everybody(entry: Entry, access: Access) -> Holder:
    among = "everybody who is assigned" if access.required else "everybody of the tenant"
    return Holder(
        who=among,
        kind="everybody",
        how=("consent for everybody",),
        scopes=tuple(sorted(scopes_in(entry))),
    )


def _group(entry: Entry, counts: dict[str, int]) -> Holder:
    return Holder(
        who=str(entry.get("principalDisplayName") or entry["principalId"]),
        kind="group",
        how=("assigned as a group",),
        since=str(entry.get("createdDateTime") or ""),
        members=counts.get(entry["principalId"]),
    )


def _person(name: str, person: str, access: Access, last: str) -> Holder:
    own, assigned = access.own_of(person), access.assignment_of(person)
    how = ("own consent",) * bool(own) + ("assigned directly",) * bool(assigned)
    return Holder(
        who=name,
        kind="person",
        how=how,
        scopes=tuple(sorted(scope for one in own for scope in scopes_in(one))),
        since=str((assigned or {}).get("createdDateTime") or ""),
        last_sign_in=last,
    )

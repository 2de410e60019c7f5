"""What a plan says, in the same plain words for the terminal, the pages and the mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PureWindowsPath

from toolkit.allowed import allowed_by, group_of
from toolkit.book import Gate
from toolkit.inputs import ALWAYS
from toolkit.marks import answers_in
from toolkit.permissions import said_twice
from toolkit.plan import Plan, Planned
from toolkit.state import Later, texts
from toolkit.steps.scope_ways import GROUP
from toolkit.verdicts import Check
from toolkit.visible import prose, several

PRACTICE = "Practice tenant: nothing here is real"
MARKS = {"create": "+", "change": "~", "remove": "-", "keep": "="}
UNDO = (
    "Undo: mailgrant undo RUN (apply prints RUN). It takes back what this plan does, nothing else."
)
VERBS = ("remove", "create", "change", "keep")
"""In the order of a summary: what destroys comes first."""

SUBJECTS = {
    "proved": "access is ready",
    "pending": "access is set up and will soon be effective",
    "failed": "access is not in order",
    "unknown": "access is set up, please try it",
}
"""How the mail begins, by the word of the verdict."""

LABELS = {
    "name": "name",
    "audience": "who may sign in",
    "enterprise_app": "enterprise app",
    "enabled": "may sign in",
    "tags": "tags",
    "owners": "owners",
    "app": "application id",
    "client_id": "application id",
    "thumbprint": "certificate",
    "key_id": "client secret",
    "unsure": "secrets nobody has the value of",
    "not_after": "valid until",
    "address": "address",
    "hidden": "hidden in lists",
    "ours": "mailgrant's own",
    "members": "members",
    "granted": "granted",
    "declared": "declared",
    "addresses": "addresses",
    "home_page": "home page",
    "required": "must be assigned",
    "assigned": "assigned",
    "consented": "consented to",
    "signed_out": "signed out",
    "roles": "Exchange roles",
    "group": "group",
    "administrative_unit": "administrative unit",
}
"""What the keys of a state are called on a sheet; others speak for themselves."""

VALUES: dict[object, str] = {
    True: "yes",
    False: "no",
    None: "none",
    "": "none",
    "AzureADMyOrg": "this tenant only",
}

IN_TITLES = (
    "name",
    "address",
    "addresses",
    "home_page",
    "roles",
    "granted",
    "consented",
    "signed_out",
    "person",
    "answers",
    "unsure",
)
"""What is not shown of a thing that is made: its title says it, or the sheet's list of answers."""

SECRETS = {"certificate": "private keys", "client_secret": "client secrets"}
"""What is made by these steps and kept on this computer."""

ENTRA, EXCHANGE = "Microsoft Entra ID", "Exchange Online"
PLACES = {
    **dict.fromkeys(("app", "app_switch", "redirect", "consent", "delegated_consent"), ENTRA),
    **dict.fromkeys(("user_assignment", "personal_consent", "assignment", "sign_out"), ENTRA),
    **dict.fromkeys(
        ("certificate", "client_secret", "retire_certificates", "retire_grants"), ENTRA
    ),
    **dict.fromkeys(("security_group", "mailbox_scope", "members", "organization"), EXCHANGE),
}


def shown(value: object) -> str:
    """Write one value of a state or an answer."""
    if isinstance(value, frozenset | tuple | list):
        return several(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return VALUES.get(value, str(value))


@dataclass(frozen=True)
class Row:
    """One property: what it is now and what it will be; either may be empty."""

    label: str
    now: str
    then: str


def rows(plan: Plan, planned: Planned) -> list[Row]:
    """List what a step changes, property by property; what is known only later is left out."""
    change = planned.change
    if change.verb in ("keep", "remove"):
        return []
    listed = []
    for key, target in (change.after or {}).items():
        said = change.verb == "create" and key in IN_TITLES
        if said or _unknown(target) or not (change.verb == "create" or change.differs(key)):
            continue
        then = shown(target)
        if key == "answers":
            listed += _answers(str((change.before or {}).get(key)), str(target))
            continue
        now = "" if change.before is None else shown(change.before.get(key))
        if change.before is not None and isinstance(target, frozenset):
            now, then = _delta(planned, key)
        if key == GROUP and change.before is not None:
            now = str(change.before.get("where") or now)
            then = group_of(plan, planned) or then
        listed.append(Row(label(key), now, then))
    may = list(allowed_by(plan, planned))
    listed += [Row("may", "", each.words) for each in may]
    listed += [Row("where", "", each) for each in dict.fromkeys(each.where for each in may)]
    return listed + _reached(planned) + [Row("note", "", each) for each in _noted(planned)]


def _answers(before: str, after: str) -> list[Row]:
    """List the answers that change, by what is noted of them."""
    then, now = answers_in(after) or {}, answers_in(before) or {}
    changed = [name for name in {**now, **then} if now.get(name) != then.get(name)]
    told = [
        Row(f"answer {label(name)}", shown(now.get(name)), shown(then.get(name)))
        for name in changed
    ]
    return [row for row in told if row.now != row.then]


def _reached(planned: Planned) -> list[Row]:
    """Say how many mailboxes a scope lets in, and up to twenty of them by name."""
    reach = planned.reach
    if reach is None or planned.do != "mailbox_scope":
        return []
    more = ", for instance " if reach.count > len(reach.samples) else ": "
    count = f"{reach.count} mailbox{'' if reach.count == 1 else 'es'}"
    names = more + ", ".join(reach.samples) if reach.samples else ""
    return [Row("inside", "", count + names)]


def _noted(planned: Planned) -> Iterator[str]:
    """Say what to know of a thing beside what changes."""
    if planned.reach and planned.do in ("mailbox_scope", "user_assignment"):
        yield from planned.reach.remarks
    if planned.do == "delegated_consent":
        yield from filter(None, [said_twice(texts(planned.change.after, "granted"))])


def _delta(planned: Planned, key: str) -> tuple[str, str]:
    change = planned.change
    before, after = (len(texts(side, key)) for side in (change.before, change.after))
    parts = [
        f"{word} {several(names)}"
        for word, names in (("adds", change.added(key)), ("takes out", change.removed(key)))
        if names
    ]
    return str(before), f"{after}: {'; '.join(parts)}"


def _unknown(value: object) -> bool:
    """Tell whether a value is an id that only an earlier step brings."""
    return isinstance(value, Later) and value.startswith("known after")


def unknown(plan: Plan) -> str:
    """Say in one line what nobody can know before apply; empty where all is known."""
    changes = [p.change for p in plan.changes if p.change.verb in ("create", "change")]
    keys = [key for c in changes for key, value in (c.after or {}).items() if _unknown(value)]
    names = dict.fromkeys({"group": "group id"}.get(key, label(key)) for key in keys)
    return f"Known after apply: {', '.join(names)}." if names else ""


def label(key: str) -> str:
    """Name a key of a state."""
    return LABELS.get(key, key.replace("_", " "))


def second_go(plan: Plan) -> str:
    """Say what the second go waits for; empty where nothing is to be done in one."""
    return opening(plan.book.gate) if plan.comes_again else ""


def opening(gate: Gate) -> str:
    """Say what must be so before a second go."""
    stands = f"it has stood for {gate.after}" if gate.after else ""
    person = f"a person has said yes to: {prose(gate.confirm)}" if gate.confirm else ""
    return f"Second go, once this is proved and {' and '.join(filter(None, (stands, person)))}"


def summary(plan: Plan) -> str:
    """Say in one line how much would change."""
    if not plan.needed:
        return f"Nothing to change: all {len(plan.changes)} steps are as they should be."
    return f"To {', '.join(f'{verb} {plan.counts[verb]}' for verb in VERBS)}."


def first_line(plan: Plan) -> str:
    """Name tenant, domain, id and who is signed in."""
    tenant = plan.tenant
    kind = "Practice tenant" if tenant.get("practice") else "Tenant"
    return f"{kind} {tenant['name']} ({tenant['domain']}), id {tenant['id']}, signed in: {tenant['who'] or 'unknown'}"


def writes(plan: Plan) -> list[str]:
    """Tell where apply writes, and how much."""
    places: dict[str, list[str]] = {}
    for planned in plan.changes:
        if planned.change.needed:
            places.setdefault(PLACES.get(planned.do, "the tenant"), []).append(planned.change.verb)
    lines = [
        f"in {place}: "
        + ", ".join(f"{verb} {found.count(verb)}" for verb in VERBS if verb in found)
        for place, found in places.items()
    ]
    if lines:
        key = f"; {_makes(plan)} that only you can read" if _makes(plan) else ""
        lines.append(f"on this computer: the run's folder with this plan and a journal{key}")
    return lines


def _makes(plan: Plan) -> str:
    """Name what lies in keep afterwards."""
    made = {p.do for p in plan.changes if any(map(_made_later, (p.change.after or {}).values()))}
    return " and ".join(words for do, words in SECRETS.items() if do in made)


def _made_later(value: object) -> bool:
    return isinstance(value, Later) and value.startswith("made when applied")


def irreversible(plan: Plan) -> list[str]:
    """List what undo can't take back."""
    return [
        f"{planned.title}: {prose(planned.irreversible)}"
        for planned in plan.changes
        if planned.irreversible and planned.change.needed
    ]


def answered(plan: Plan) -> list[tuple[str, str]]:
    """List the questions that were asked, with their answers; of a file its name is enough."""
    listed = []
    for question in (*plan.book.questions, *ALWAYS):
        if question.name in plan.answers:
            answer = plan.answers[question.name]
            is_path = question.kind == "file" and answer
            text = PureWindowsPath(str(answer)).name if is_path else shown(answer)
            listed.append((prose(question.ask), text))
    return listed


def source(plan: Plan) -> str:
    """Name the vendor's page that the playbook follows, and when it was read."""
    said = [str(plan.book.source[key]) for key in ("page", "url") if plan.book.source.get(key)]
    read = plan.book.source.get("read")
    return ", ".join([*said, *([f"read {read}"] if read else [])])


def matched(check: Check) -> str:
    """Tell whether a check found what it should: right, wrong or unknown."""
    if check.found == "unknown":
        return "unknown"
    return "right" if check.found == check.expected else "wrong"


def seen_by(check: Check) -> str:
    """Tell how a check looked."""
    if check.layer == "configured":
        return "Exchange's own test"
    return f"a call as the application: {check.status or 'no answer'} {check.code}".strip()

"""The vendor's handover sheet, made of a run's plan and journal alone."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from toolkit import advice, playbook, wording
from toolkit import allowed as allowing
from toolkit.advice import Trial
from toolkit.allowed import Allowed
from toolkit.errors import NotFoundError, RefusedError
from toolkit.home import Run
from toolkit.plan import Plan, from_saved
from toolkit.playbook import Entry
from toolkit.state import Later, from_json
from toolkit.steps.certificate import RENEW_DAYS
from toolkit.verdicts import Check, Verdict
from toolkit.visible import moment


@dataclass(frozen=True)
class Field:
    """One value the vendor's form asks for."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Key:
    """The certificate the application signs in with; never its private key."""

    thumbprint: str
    ends: str
    renew_by: str
    theirs: bool

    @property
    def holder(self) -> str:
        """Say who holds the private key."""
        return "you hold it" if self.theirs else "we made it and keep it"

    @property
    def renewal(self) -> str:
        """Say who renews it, and by when."""
        when = f"by {self.renew_by}" if self.renew_by else "in time"
        if self.theirs:
            return f"You send us the next public certificate (.cer or .pem) {when}; old and new work side by side."
        return f"We make the next key {when} and hand it over; old and new work side by side."


@dataclass(frozen=True, kw_only=True)
class ClientSecret:
    """The client secret the application signs in with: when it ends, never its value."""

    ends: str
    renew_by: str

    @property
    def renewal(self) -> str:
        """Say how the vendor gets the next one, and by when."""
        return f"We make the next one by {self.renew_by} and hand it over; old and new work side by side."


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the vendor gets: values, rights, proof, dates and warnings; nothing secret."""

    title: str
    playbook: str
    application: str
    instance: str
    change: str
    practice: bool
    tenant: Mapping[str, str]
    run: str
    journal: str
    done: datetime
    fields: tuple[Field, ...]
    allowed: tuple[Allowed, ...]
    verdict: Verdict | None
    keys: tuple[Key, ...]
    secrets: tuple[ClientSecret, ...]
    trials: tuple[Trial, ...]
    warnings: tuple[str, ...]

    @property
    def word(self) -> str:
        """Tell the verdict in one word; unknown where nothing was proved."""
        return self.verdict.word if self.verdict else "unknown"

    @property
    def judged(self) -> str:
        """Say in a sentence or two what the proof says."""
        verdict = self.verdict
        if verdict is None:
            return "Nobody has tried it yet."
        if verdict.word == "pending":
            until = f" Look again at {moment(verdict.until)}." if verdict.until else ""
            return f"Set up, not effective yet. {verdict.why}{until}"
        at = f" Looked at {moment(verdict.at)}." if verdict.at else ""
        word = {"proved": "", "failed": "The proof failed. "}.get(verdict.word, "Not proved yet. ")
        return f"{word}{verdict.why}{at}"

    def as_json(self) -> dict[str, Any]:
        """Write the sheet as JSON."""
        keys = [{**asdict(key), "holder": key.holder, "renewal": key.renewal} for key in self.keys]
        return {
            "practice": self.practice,
            "run": self.run,
            "journal": self.journal,
            "playbook": self.playbook,
            "title": self.title,
            "application": self.application,
            "instance": self.instance,
            "change": self.change,
            "tenant": dict(self.tenant),
            "done": self.done.isoformat(),
            "fields": [asdict(each) for each in self.fields],
            "allowed": [each.as_json() for each in self.allowed],
            "proof": self.verdict.as_json() if self.verdict else None,
            "certificates": keys,
            "secrets": [{**asdict(each), "renewal": each.renewal} for each in self.secrets],
            "trials": [asdict(each) for each in self.trials],
            "warnings": list(self.warnings),
        }


def sheet_of(run: Run) -> Sheet:
    """Make the sheet of a run from what it planned and what its journal says; asks no tenant.

    Raises NotFoundError where the run was undone, RefusedError where it isn't carried out whole.
    """
    _refuse_unfinished(run)
    plan = from_saved(run.plan(), str(run.plan_file))
    known = _known(plan, run)
    verdict = _verdict(run)
    allowed = allowing.of(plan)
    keys, secrets = tuple(_keys(plan, run, known)), tuple(_secrets(plan, run, known))
    return Sheet(
        title=plan.book.title,
        playbook=plan.book.name,
        application=_application(plan, known),
        instance=plan.mark.instance,
        change=str(plan.answers.get("change", "")),
        practice=bool(plan.tenant.get("practice")),
        tenant={name: str(plan.tenant[name]) for name in ("name", "domain", "id")},
        run=run.id,
        journal=run.journal.head,
        done=_done(run),
        fields=tuple(_fields(plan, known)),
        allowed=allowed,
        verdict=verdict,
        keys=keys,
        secrets=secrets,
        trials=tuple(advice.trials(plan, known, allowed)),
        warnings=tuple(
            advice.warnings(
                plan, allowed, verdict, {key.theirs for key in keys}, secret=bool(secrets)
            )
        ),
    )


def _refuse_unfinished(run: Run) -> None:
    if run.state == "undone":
        raise NotFoundError(
            f"Run {run.id} was undone: what it made is gone, there is nothing to hand over.",
            fix="`mailgrant runs` lists the others; `mailgrant setup` makes a new one.",
        )
    if run.undoing:
        raise RefusedError(
            f"The undo of run {run.id} was begun and not finished; nothing of it is fit to hand over.",
            fix=f"Finish it: mailgrant undo {run.id}",
        )
    if run.state == "open":
        raise RefusedError(
            f"Run {run.id} isn't carried out whole yet, there is nothing to hand over.",
            fix=f"Carry it on: mailgrant runs resume {run.id}",
        )


def _known(plan: Plan, run: Run) -> dict[str, Any]:
    """Collect what references may name: answers, the tenant, and what was last seen of each step."""
    known: dict[str, Any] = dict(plan.answers)
    known |= {f"tenant.{name}": plan.tenant.get(name, "") for name in playbook.TENANT}
    for planned in plan.changes:
        confirmed = run.journal.confirmed(planned.name)
        seen = from_json(confirmed["seen"]) if confirmed else planned.change.before
        known |= {f"{planned.name}.{key}": value for key, value in (seen or {}).items()}
    return known


def _verdict(run: Run) -> Verdict | None:
    record = run.journal.last("verdict")
    if record is None:
        return None
    return Verdict(
        word=record["verdict"],
        why=record["why"],
        checks=tuple(Check(**each) for each in record["checks"]),
        until=_moment(record["until"]),
        at=_moment(record["at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _done(run: Run) -> datetime:
    record = run.journal.last("finished") or run.journal.last("pending") or {}
    return datetime.fromisoformat(record["at"])


def _application(plan: Plan, known: Mapping[str, Any]) -> str:
    names = [known.get(f"{planned.name}.name") for planned in plan.changes if planned.do == "app"]
    return str(next((name for name in names if name), plan.book.title))


def _fields(plan: Plan, known: Mapping[str, Any]) -> Iterator[Field]:
    """Fill the lines of the vendor's form; one that these answers leave empty is left out."""
    for line in plan.book.handover:
        value = playbook.fill(line["value"], known)
        if not isinstance(value, Later) and value not in ("", None):
            yield Field(str(line["label"]), wording.shown(value))


# ---- the certificate, the client secret ----


def _keys(plan: Plan, run: Run, known: Mapping[str, Any]) -> Iterator[Key]:
    for entry in plan.book.active(plan.answers):
        if entry.do == "certificate":
            ends = str(known.get(f"{entry.name}.not_after", ""))
            theirs = bool(playbook.fill(entry.fields.get("file", ""), known))
            yield Key(
                thumbprint=str(known.get(f"{entry.name}.thumbprint", "")),
                ends=ends,
                renew_by=_renew_by(ends, _lifetime(entry, run), _done(run).date()),
                theirs=theirs,
            )


def _secrets(plan: Plan, run: Run, known: Mapping[str, Any]) -> Iterator[ClientSecret]:
    for entry in plan.book.active(plan.answers):
        if entry.do == "client_secret":
            ends = str(known.get(f"{entry.name}.not_after", ""))
            until = _renew_by(ends, _lifetime(entry, run), _done(run).date())
            yield ClientSecret(ends=ends, renew_by=until)


def _lifetime(entry: Entry, run: Run) -> int:
    """Tell for how many days the key was made; the tenant's policy may have shortened it."""
    announced = run.journal.announced(entry.name) or {}
    days = announced.get("fields", {}).get("days") or entry.fields.get("days")
    return days if isinstance(days, int) else 4 * RENEW_DAYS


def _renew_by(ends: str, lifetime: int, today: date) -> str:
    """Say when to renew: 90 days before the end, later for a short-lived key, never in the past."""
    if not ends:
        return ""
    ahead = timedelta(days=min(RENEW_DAYS, lifetime // 4))
    return max(date.fromisoformat(ends) - ahead, today).isoformat()

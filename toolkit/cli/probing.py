"""What `accounts authorize --probe` shows and asks: the plan, the page to sign in at, and the verdict."""

from datetime import timedelta

from toolkit import accounts, days, inputs
from toolkit import probing as story
from toolkit.cli import changes
from toolkit.cli.apply import EXITS
from toolkit.cli.connect import Session
from toolkit.cli.options import print_json
from toolkit.errors import UsageError
from toolkit.home import Run
from toolkit.plan import Plan, describe
from toolkit.setups import SetUp
from toolkit.verdicts import Verdict

PATIENCE = timedelta(minutes=5)


def patience_of(text: str | None, probed: str | None) -> timedelta:
    """Read --wait: how long to wait for a person at a browser, where one is to come."""
    if text is None:
        return PATIENCE
    if not probed:
        raise UsageError("--wait belongs to --probe.", fix="Leave it out.")
    try:
        return timedelta(seconds=inputs.seconds(text))
    except ValueError as error:
        raise UsageError(f"--wait: {error}.", fix="For instance --wait 10m") from error


def probe(
    here: Session,
    found: SetUp,
    scopes: tuple[str, ...],
    name: str,
    *,
    yes: bool,
    wait: timedelta,
    opens: bool,
) -> int:
    """Prove delegated access with one person, and leave nothing of it behind."""
    from toolkit.systems.loopback import listening

    story.refuse_what_reads_nothing(found.name, scopes)
    visit = story.credential_of(found).visit(here.tenant, found.client_id)
    ((name, person_id),) = accounts.people(here.tenant, [name]).items()
    for run in story.left_over(here.home, found.target, here.tenant):
        here.terminal.say(f"Run {run.id} was cut. What it left is taken back first.", "note")
        finish(here, run)
    with listening() as listener:
        drawn = days.plan(story.KIND, found.target, here.tenant, address=listener.address)
        changes.agree(here, drawn, yes=yes)
        run = changes.begin(here, drawn, None)
        person = story.Person(name=name, id=person_id)
        try:
            story.put_up(drawn, run, here.tenant, here.terminal)
            here.terminal.proving(None)
            verdict = story.look(
                visit, scopes, person, listener, here.tenant, wait=wait, opens=opens
            )
            run.journal.add("verdict", **verdict.as_json())
        finally:
            finish(here, run)
    here.terminal.proving(verdict)
    return _tell(here, drawn, run, person, verdict)


def finish(here: Session, run: Run) -> None:
    """Take back what a probe put there, whether it ended or was cut."""
    here.settings.state["run"] = run.id
    here.settings.state["resume"] = here.line(f"runs resume {run.id}")
    here.terminal.say("The address on this computer is taken away again.", "note")
    story.take_back(run, here.tenant, here.terminal)
    here.settings.state.pop("resume")


def _tell(here: Session, drawn: Plan, run: Run, person: story.Person, verdict: Verdict) -> int:
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "tenant": describe(here.tenant),
                "run": run.id,
                "outcome": "taken back",
                "set_up": drawn.answers["set_up"],
                "person": person.name,
                "proof": verdict.as_json(),
                "requests": dict(here.tenant.meter.counts),
            }
        )
    return EXITS[verdict.word]

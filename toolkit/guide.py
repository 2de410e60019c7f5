"""The same set-up by hand: portal paths and one PowerShell script, with the answers in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit import plan as planning
from toolkit import playbook
from toolkit import survey as surveying
from toolkit.inputs import Answers
from toolkit.playbook import Playbook
from toolkit.powershell import Variable
from toolkit.steps.base import Mark, Step
from toolkit.steps.certificate import Certificate
from toolkit.systems.clouds import Cloud
from toolkit.systems.tenant import Tenant
from toolkit.visible import prose


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """One step by hand; `name` begins the script's variables of it."""

    number: int
    name: str
    do: str
    because: str
    step: Step

    @property
    def title(self) -> str:
        """Name the thing for whoever makes it by hand."""
        text = self.step.title
        if isinstance(self.step, Certificate) and not self.step.file:
            text = f"certificate with a private key of your own, for {self.step.days} days"
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A whole set-up by hand: what is asked of the reader, step by step."""

    book: Playbook
    answers: Answers
    mark: Mark
    tenant: Mapping[str, Any]
    cloud: Cloud
    steps: tuple[ByHand, ...]
    inside: str
    outside: str

    @property
    def kinds(self) -> frozenset[str]:
        """Tell which kinds of step there are."""
        return frozenset(each.do for each in self.steps)

    @property
    def exchange(self) -> bool:
        """Tell whether anything is done in Exchange."""
        return any(each.step.cmdlets or each.do == "organization" for each in self.steps)

    @property
    def app(self) -> Variable:
        """Name the variable that holds the application's client id."""
        return next(
            (Variable(f"{each.name}_client_id") for each in self.steps if each.do == "app"),
            Variable("app_client_id"),
        )

    @property
    def rights(self) -> dict[str, str]:
        """List the Entra roles it takes, and for what."""
        found: dict[str, dict[str, None]] = {}
        for right in (right for each in self.steps for right in each.step.needs):
            found.setdefault(right.role, {})[prose(right.why)] = None
        return {role: ", and ".join(whys) for role, whys in found.items()}


def guide_of(book: Playbook, answers: Answers, tenant: Tenant) -> Guide:
    """Write down what mailgrant would do; asks no tenant anything.

    What only an earlier step brings is a variable of the script.
    """
    mark = Mark(book.name, str(answers["instance"]))
    known = surveying.starting_point(answers, tenant)
    steps = []
    for number, entry in enumerate(book.active(answers), 1):
        step = playbook.build(entry, known, mark)
        step.refuse()
        steps.append(
            ByHand(number=number, name=entry.name, do=entry.do, because=entry.because, step=step)
        )
        known |= {
            f"{entry.name}.{offer}": Variable(f"{entry.name}_{offer}")
            for offer in entry.kind.offers
        }
    said = {name: str(playbook.fill(value, known)) for name, value in book.proof.items()}
    asked = set(map(str, answers.values()))
    return Guide(
        book=book,
        answers=answers,
        mark=mark,
        tenant=planning.describe(tenant),
        cloud=tenant.cloud,
        steps=tuple(steps),
        inside=said.get("inside", "") if said.get("inside") in asked else "",
        outside=said.get("outside", "") if said.get("outside") in asked else "",
    )

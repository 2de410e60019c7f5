"""Where people connect their accounts to the vendor's software: its own page, which mailgrant only opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit import playbook
from toolkit.setups import SetUp
from toolkit.steps import addresses
from toolkit.systems import browser
from toolkit.systems.tenant import Tenant

UNNAMED = (
    "Each of them now connects the account on the vendor's own page, and signs in there: only the vendor's software "
    "can do that. --connect URL opens that page."
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The vendor's connect page, and what to press there; either may be empty."""

    page: str = ""
    where: str = ""


def place_of(found: SetUp, said: str) -> Place:
    """Tell where people connect: at the page that was said, or where the playbook has it.

    Raises AnswerError for an address that nobody should be sent to.
    """
    told: Mapping[str, Any] = found.plan.book.connect
    filled = {name: str(playbook.fill(value, found.survey.known)) for name, value in told.items()}
    page = said or filled.get("page", "")
    if page:
        addresses.refuse_page(page)
    return Place(page=page, where=filled.get("where", ""))


def open_page(place: Place, name: str, tenant: Tenant, *, opens: bool) -> None:
    """Show the connect page. What comes of it is between the person, Entra and the vendor."""
    at = f" ({place.where})" if place.where else ""
    what = f"each person connects the account to {name} there{at}, and signs in"
    browser.show(place.page, what, tenant.prompts, opens=opens)

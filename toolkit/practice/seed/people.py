"""Who there is at the practice university: people, rooms, shared mailboxes and guests."""

import uuid
from dataclasses import dataclass, replace

DOMAIN = "northbridge.example"
STUDENT_DOMAIN = "students.northbridge.example"
INITIAL_DOMAIN = "northbridge.onmicrosoft.com"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, DOMAIN)
TENANT_ID = str(uuid.uuid5(NAMESPACE, "tenant"))
ORGANIZATION = "Northbridge University"
ENTERPRISE = "6fd2c87f-b296-42f0-b197-1e91e994b900"
STUDENT = "314c4481-f395-4525-be8b-2ec4bb1e9d91"

NATIONS = (
    (
        "nl-NL",
        "NL",
        "Anouk Bram Daan Eva Femke Gijs Hanneke Ilse Joris Koen Lotte Maarten Noor Pieter Roos Sanne Thijs",
        "de Boer,Bakker,van den Berg,Dekker,Hendriks,Kuipers,Meijer,Mulder,Peters,Smit,Visser,Vos,de Wit",
    ),
    (
        "de-DE",
        "DE",
        "Anke Bernd Clara Dieter Elke Frank Greta Heike Ingo Jürgen Katrin Lars Monika Nils Petra Sören Uwe",
        "Bauer,Fischer,Groß,Hoffmann,Jäger,Köhler,Lange,Möller,Neumann,Schäfer,Schröder,Weiß,Zimmermann",
    ),
    (
        "en-GB",
        "GB",
        "Alice Brian Chloe David Emma Fiona George Harriet Ian Joanna Kevin Lucy Martin Nora Oliver Ruth Tom",
        "Adams,Baker,Clarke,Davies,Edwards,Foster,Green,Hughes,Knight,Morris,O'Neill,Palmer,Turner",
    ),
)
DEPARTMENTS = (
    ("Mathematics", "Lecturer"),
    ("Computer Science", "Lecturer"),
    ("History", "Professor"),
    ("Law", "Lecturer"),
    ("Medicine", "Professor"),
    ("Timetabling", "Planner"),
    ("Library", "Librarian"),
    ("Estates", "Officer"),
)
ROOMS = ("B101", "B102", "B201", "B202", "C001", "C002", "C110", "D300", "D301", "Aula")
SHARED = {
    "timetable.office": "Timetable Office",
    "library.desk": "Library Desk",
    "exams": "Examinations Office",
    "it.support": "IT Support",
    "open.day": "Open Day",
}
GUESTS = ("Anna Guest", "Paul Partner", "Vera Vendor", "Luis Auditor")
ACCENTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", " ": "", "'": ""})
STAFF_COUNT = 150
STUDENT_COUNT = 120
ON_PREMISES_COUNT = 18


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is needed to write somebody's user object and mailbox."""

    given: str
    surname: str
    domain: str = DOMAIN
    department: str | None = None
    title: str | None = None
    language: str = "en-GB"
    country: str = "NL"
    kind: str = "UserMailbox"
    role: str = "staff"
    sku: str | None = ENTERPRISE
    enabled: bool = True
    address: str | None = None

    @property
    def name(self) -> str:
        """The display name."""
        return f"{self.given} {self.surname}".strip()

    @property
    def alias(self) -> str:
        """The part of the address before the @."""
        if self.address:
            return self.address
        parts = (self.given, self.surname)
        return ".".join(part.lower().translate(ACCENTS) for part in parts if part)


NAMED = (
    Person(
        given="Mette", surname="Jansen", department="History", title="Lecturer", language="nl-NL"
    ),
    Person(
        given="Rector", surname="", department="Board", title="Rector Magnificus", language="nl-NL"
    ),
    Person(given="Exchange", surname="Admin", department="IT", title="Administrator"),
)
ON_PREMISES = Person(
    given="Jan", surname="Onprem", department="Estates", title="Officer", kind="MailUser", sku=None
)


def known_id(name: str) -> str:
    """Tell the id that a seeded thing has in every practice world."""
    return str(uuid.uuid5(NAMESPACE, name))


def user_id(alias: str) -> str:
    """Tell the id of a seeded user by the part of the address before the @."""
    return known_id(f"user/{alias}")


def distinguished_name(name: str) -> str:
    """Write the name under which Exchange Online's directory keeps a recipient."""
    return (
        f"CN={name},OU={INITIAL_DOMAIN},OU=Microsoft Exchange Hosted Organizations,"
        "DC=EURPR07A004,DC=PROD,DC=OUTLOOK,DC=COM"
    )


def everybody() -> list[Person]:
    """List everyone and everything that has an account, guests apart."""
    staff = _crowd(0, STAFF_COUNT)
    students = [
        replace(person, domain=STUDENT_DOMAIN, title=None, role="student", sku=STUDENT)
        for person in _crowd(STAFF_COUNT, STUDENT_COUNT)
    ]
    on_premises = [
        replace(person, kind="MailUser", sku=None)
        for person in _crowd(STAFF_COUNT + STUDENT_COUNT, ON_PREMISES_COUNT)
    ]
    return [*NAMED, *staff, *students, ON_PREMISES, *on_premises, *_places()]


def _crowd(first: int, size: int) -> list[Person]:
    return [_somebody(number) for number in range(first, first + size)]


def _somebody(number: int) -> Person:
    language, country, givens, surnames = NATIONS[number % len(NATIONS)]
    given, family = givens.split(" "), surnames.split(",")
    turn = number // len(NATIONS)
    department, title = DEPARTMENTS[number % len(DEPARTMENTS)]
    return Person(
        given=given[turn % len(given)],
        # Each round through the given names takes other surnames, so that nobody comes twice.
        surname=family[(turn + turn // len(given)) % len(family)],
        department=department,
        title=title,
        language=language,
        country=country,
    )


def _places() -> list[Person]:
    rooms = [Person(given="Room", surname=name) for name in ROOMS]
    shared = [Person(given=name, surname="", address=alias) for alias, name in SHARED.items()]
    return [
        *(replace(room, kind="RoomMailbox", sku=None, enabled=False) for room in rooms),
        *(replace(share, kind="SharedMailbox", sku=None, enabled=False) for share in shared),
    ]

"""Lists of mail addresses that people keep in files: CSV from anywhere, or one address a line."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import AnswerError
from toolkit.inputs import MAIL_ADDRESS
from toolkit.strict_yaml import shown
from toolkit.visible import several

LARGEST = 20_000_000
MOST = 100_000
"""Members of one group; more than Exchange Online takes is refused before anything is sent.

Source: learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/
exchange-online-limits (distribution group limits)
"""
HEADERS = (
    *("primarysmtpaddress", "mail", "email", "e-mail", "emailaddress", "mailaddress", "address"),
    *("userprincipalname", "upn"),
)
"""What a column of addresses is called, letters only; the first of these that is there is taken."""
SEPARATORS = ",;\t"
SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class MemberList:
    """The addresses of a file, each once and in small letters; `blank` and `repeated` lines were left out."""

    addresses: tuple[str, ...]
    blank: int
    repeated: int

    def outside(self, domains: Iterable[str]) -> list[str]:
        """List the addresses of other domains than these."""
        ours = {domain.lower() for domain in domains}
        return [each for each in self.addresses if each.partition("@")[2] not in ours]


def read(path: Path) -> MemberList:
    """Read a list; raises AnswerError that names the lines which hold no address."""
    found: dict[str, None] = {}
    blank = repeated = 0
    wrong: list[str] = []
    for line, cell in _cells(path):
        address = _bare(cell)
        if not address:
            blank += 1
        elif not MAIL_ADDRESS.fullmatch(address):
            wrong.append(f"line {line} {shown(cell.strip())}")
        elif address in found:
            repeated += 1
        else:
            found[address] = None
    _refuse(path, found, wrong)
    return MemberList(addresses=tuple(found), blank=blank, repeated=repeated)


def _refuse(path: Path, found: Iterable[str], wrong: list[str]) -> None:
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise AnswerError(
            f"{path.name} holds what is no mail address: {', '.join(wrong[:SHOWN])}{more}.",
            fix="Correct these lines; nothing was sent.",
        )
    count = len(list(found))
    if not count:
        raise AnswerError(f"{path.name} holds no address.", fix="Name the file that does.")
    if count > MOST:
        raise AnswerError(
            f"{path.name} holds {count} addresses; a group takes {MOST}.",
            fix="Limit the application by a filter or an administrative unit instead.",
        )


def _cells(path: Path) -> Iterator[tuple[int, str]]:
    """Give the cell that should hold an address, with the number of its line; blank lines are ''."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    column: int | None = None
    try:
        for row in rows:
            if column is None and any(cell.strip() for cell in row):
                column = _column(path, row)
                if not _addresses(row):
                    continue
            place = column or 0
            yield rows.line_num, row[place] if place < len(row) else ""
    except csv.Error as error:
        raise AnswerError(
            f"{path.name}, line {rows.line_num} can't be read: {error}.",
            fix="Save it again as CSV, or with one address a line.",
        ) from error


def _column(path: Path, row: list[str]) -> int:
    """Find the column of addresses by the first line: a heading, or where an address stands."""
    there = _addresses(row)
    if there:
        return there[0]
    headings = ["".join(filter(str.isalpha, cell.lower())) for cell in row]
    for known in HEADERS:
        if known.replace("-", "") in headings:
            return headings.index(known.replace("-", ""))
    if len(row) == 1:
        return 0
    raise AnswerError(
        f"{path.name} has no column of mail addresses that can be told: {several(row)}.",
        fix="Call the column mail, or write one address a line.",
    )


def _addresses(row: list[str]) -> list[int]:
    return [n for n, cell in enumerate(row) if MAIL_ADDRESS.fullmatch(_bare(cell))]


def _bare(cell: str) -> str:
    """Take an address out of what stands around it: <a@b.example>; as Outlook copies it."""
    return cell.strip(" \t<>;,").lower()


def _text(path: Path) -> str:
    """Decode what Excel, Windows and others write."""
    try:
        if path.stat().st_size > LARGEST:
            raise AnswerError(
                f"{path.name} is too large for a list of addresses.",
                fix="Check that this is the file you meant.",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise AnswerError(
            f"{path} can't be read: {error.strerror or error}.", fix="Check the path."
        ) from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")

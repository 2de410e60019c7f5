"""Texts of strangers made fit to be read: nothing hidden, nothing turned around, one line."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

SHOWN = 10
"""So many names of a long list are shown; the rest is counted."""
MARKS_IN_A_ROW = 3
"""So many accents may stand on one letter; more would be drawn over other lines."""
BLANK = re.compile(
    "[\u034f\u115f\u1160\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing, beside what Unicode calls control, format or space."""


def visible(text: str) -> str:
    r"""Write what can't be seen, or turns text around, as an escape like \u202e."""
    signs, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        unseen = marks > MARKS_IN_A_ROW or _unseen(sign)
        signs.append(_escape(sign) if unseen else sign)
    return "".join(signs)


def _unseen(sign: str) -> bool:
    kind = unicodedata.category(sign)
    if kind == "Zs":
        return sign not in " \u3000"  # names in Japanese hold the wide space
    return kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or bool(BLANK.match(sign))


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  as Python writes them


def prose(text: str) -> str:
    """Put a text that spans lines into one."""
    return " ".join(text.split())


def moment(when: datetime) -> str:
    """Write a time for a person, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def several(names: Iterable[object]) -> str:
    """List names, the first ten of many."""
    listed = sorted(str(name) for name in names)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more if listed else "none"

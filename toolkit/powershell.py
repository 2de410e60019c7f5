"""PowerShell texts: values as literals that can't be anything else."""

import re

from toolkit.errors import RefusedError

QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""What PowerShell takes for a single quote: the plain one and four typographic ones.

Source: learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules,
and github.com/PowerShell/PowerShell, CharTraits.cs (IsSingleQuote)
"""
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class Variable(str):
    """The name of a PowerShell variable that an earlier step of the script fills; never an answer."""

    __slots__ = ()


def literal(value: object) -> str:
    """Write a value as PowerShell reads it back: text between single quotes, lists, true and false."""
    if isinstance(value, Variable):
        return f"${value}"
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple | list | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return f"@({', '.join(literal(each) for each in items)})"
    text = str(value)
    if CONTROL.search(text):
        raise RefusedError(
            "An answer holds control characters, which have no place in a script.",
            fix="Type the answer anew.",
        )
    return _quoted(text)


def _quoted(text: str) -> str:
    """Quote a text so that it is the same in whatever encoding the script is saved and read.

    Windows PowerShell 5.1 reads a file without a mark in the computer's own code page, where a
    byte of another letter may be a quote. So what isn't ASCII stands as its number.
    """
    parts = []
    for ascii_part, other in re.findall(r"([\x00-\x7f]+)|([^\x00-\x7f])", text):
        if ascii_part:
            parts.append("'" + QUOTES.sub(lambda quote: quote[0] * 2, ascii_part) + "'")
        else:
            units = other.encode("utf-16-be", errors="surrogatepass")
            parts += [f"[char]0x{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2)]
    if not parts or not parts[0].startswith("'"):
        parts.insert(0, "''")
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"

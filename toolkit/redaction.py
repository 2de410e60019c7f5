"""The Secret type, and a redactor that takes secrets out of every text that leaves."""

import base64
import hmac
import html
import json
import logging
import re
import threading
from typing import NoReturn, Self
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 6  # anything shorter would blacken ordinary words
LONG_LINE = 20
URL_SAFE = str.maketrans("+/", "-_")
FIELDS = r"client_secret|client_assertion|password|secretText|\w+_token"

# Secrets that nobody told us of, known by their looks.
SHAPES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", HIDDEN),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*", HIDDEN),
        (r"(authorization['\"]?\s*[:=]\s*b?['\"]?(?:[a-z]+\s+)?)[^\s'\",;]+", rf"\g<1>{HIDDEN}"),
        (r"\b(bearer|basic|negotiate|ntlm)(\s+)[\w.~+/=-]{20,}", rf"\1\2{HIDDEN}"),
        (rf"\b((?:{FIELDS})(?:=|['\"]\s*:\s*['\"]))[^\s&'\"]+", rf"\g<1>{HIDDEN}"),
    )
)


class _Known:
    """Every secret of this process, in every form that it may take in a text."""

    def __init__(self) -> None:
        self._values: frozenset[str | bytes] = frozenset()
        self._longest_first: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, value: str | bytes) -> None:
        if len(value) < SHORTEST or value in self._values:  # a token comes again with each request
            return
        fresh = {form for form in _forms(value) if len(form) >= SHORTEST}
        with self._lock:
            self._longest_first = tuple(sorted(fresh.union(self._longest_first), key=len))[::-1]
            self._values |= {value}

    def hide(self, text: str) -> str:
        for form in self._longest_first:  # one pattern of them all takes half a second to compile
            text = text.replace(form, HIDDEN)
        return text


_known = _Known()


class Secret:
    """A text or bytes that show themselves only when asked to by `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str | bytes) -> None:
        self._value = value
        _known.add(value)

    def reveal(self) -> str:
        """Open it, as text."""
        return self._value if isinstance(self._value, str) else self._value.decode()

    def reveal_bytes(self) -> bytes:
        """Open it, as bytes."""
        return self._value.encode() if isinstance(self._value, str) else self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal_bytes(), other.reveal_bytes())

    def __hash__(self) -> int:
        return hash(Secret)  # the same for all: a hash of the value would tell something of it

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret is never pickled.")


def redact(text: str) -> str:
    """Replace every secret in it by three stars."""
    text = _known.hide(text)
    for shape, replacement in SHAPES:
        text = shape.sub(replacement, text)
    return text


def _forms(value: str | bytes) -> set[str]:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    try:
        whole = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return _base64_forms(data) | {repr(data)[2:-1], data.hex(), data.hex().upper()}
    forms: set[str] = set()
    for text in {whole, whole.strip()}:
        forms |= _base64_forms(text.encode("utf-8", "surrogatepass"))
        forms |= _base64_forms(text.encode("utf-16-le", "surrogatepass"))
        forms |= _escaped_forms(text)
    lines = (line.strip() for line in whole.splitlines())
    return forms | {line for line in lines if len(line) >= LONG_LINE and line[:5] != "-----"}


def _escaped_forms(text: str) -> set[str]:
    quoted = {quote(text, safe=safe, errors="replace") for safe in ("", "/")}
    quoted.add(quote_plus(text, errors="replace"))
    lower = {re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in quoted}
    as_json = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    as_xml = {html.escape(text, quote=quotes) for quotes in (True, False)}
    return {text, repr(text)[1:-1]} | quoted | lower | as_json | as_xml


def _base64_forms(data: bytes) -> set[str]:
    """Code it whole, and as it looks at each of the three offsets inside a longer text."""
    forms = {base64.b64encode(data).decode()}
    for shift, first_sure in enumerate((0, 2, 3)):
        coded = base64.b64encode(bytes(shift) + data).decode()
        forms.add(coded[first_sure : (shift + len(data)) * 8 // 6])
    return forms | {form.translate(URL_SAFE) for form in forms}


class Redactor(logging.Filter):
    """A filter for handlers that lets every record through, redacted."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the message, the traceback and whatever was added to the record."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # else logging would print the bare arguments
            message = f"{record.msg} {record.args}"
        record.msg, record.args = message, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None  # or a formatter could write the traceback anew
        for name, value in list(vars(record).items()):
            if isinstance(value, str):
                setattr(record, name, redact(value))
        return True


def guard_logging() -> None:
    """Put a Redactor on every handler there is: root's, azure's, msal's, httpx's, everybody's.

    Call it after the handlers are set up, and again after adding one.
    """
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    handlers = {h for log in loggers if isinstance(log, logging.Logger) for h in log.handlers}
    if logging.lastResort:
        handlers.add(logging.lastResort)
    for handler in handlers:
        if not any(isinstance(one, Redactor) for one in handler.filters):
            handler.addFilter(Redactor())

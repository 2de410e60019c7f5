import base64
import copy
import html
import json
import logging
import pickle
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from toolkit import redaction
from toolkit.secret import Redactor, Secret, guard_logging, redact

CANARY = "k4n/rie \"vögel\" & 'Zö+='"


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(redaction, "_known", redaction._Known())


def test_a_secret_shows_nothing_of_itself():
    secret = Secret(CANARY)

    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>8}", f"{[secret]}"):
        assert CANARY not in shown
        assert "***" in shown
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == CANARY
    assert secret.reveal_bytes() == CANARY.encode()


def test_a_secret_is_neither_pickled_nor_written_as_json():
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps({"secret": Secret(CANARY)})


def test_a_copy_of_a_secret_is_the_secret():
    secret = Secret(CANARY)

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_secrets_are_equal_by_value_only_to_secrets_and_their_hash_tells_nothing():
    assert Secret(CANARY) == Secret(CANARY.encode())
    assert Secret(CANARY) != Secret("something else")
    assert Secret(CANARY) != CANARY
    assert hash(Secret(CANARY)) == hash(Secret("something else"))


# ---- redaction ----

WHOLE_FORMS = {
    "plain": CANARY,
    "JSON": json.dumps(CANARY)[1:-1],
    "JSON in UTF-8": json.dumps(CANARY, ensure_ascii=False)[1:-1],
    "URL": quote(CANARY, safe=""),
    "URL path": quote(CANARY),
    "lower-case URL": re.sub("%..", lambda code: code[0].lower(), quote(CANARY, safe="")),
    "form": quote_plus(CANARY),
    "XML": html.escape(CANARY),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "base64url": base64.urlsafe_b64encode(CANARY.encode()).decode().rstrip("="),
    "UTF-16LE base64": base64.b64encode(CANARY.encode("utf-16-le")).decode(),
}


@pytest.mark.parametrize("form", WHOLE_FORMS.values(), ids=WHOLE_FORMS)
def test_a_secret_is_redacted_in_every_form_it_may_take(form):
    assert redact(form) == form, "not a secret yet"
    Secret(CANARY)

    left = redact(f"before <{form}> after")

    assert left.startswith("before <***")
    assert left.endswith("> after")
    assert len(left) <= len("before <***==> after") + 2


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_secret_inside_a_longer_base64_text_is_redacted(before, encoding):
    word = "Correct-Horse-Battery-9"
    coded = base64.b64encode(f"{before}{word}:and more".encode(encoding)).decode()
    Secret(word)

    head, tail = redact(coded).split("***")

    whole_bytes = base64.b64decode(head[: len(head) // 4 * 4])
    assert before.encode(encoding).startswith(whole_bytes)
    assert len(head) - len(before.encode(encoding)) * 8 / 6 < 2, "a byte of the secret at most"
    assert len(tail) - len(":and more".encode(encoding)) * 8 / 6 < 4, "the same, and padding"


def test_each_line_of_a_long_secret_is_redacted_by_itself():
    lines = [
        "-----BEGIN THING-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEF",
        "zYxWvUtSrQpOnMlKjIhGfEdCbA",
        "-----END",
    ]
    Secret("\n".join(lines))

    assert redact(f"line 2 was {lines[2]}!") == "line 2 was ***!"
    assert redact(lines[0]) == lines[0]


def test_binary_secrets_are_redacted_as_python_base64_and_hex():
    data = bytes(range(250, 256)) + b"\x00\x80\xff\xfe"
    Secret(data)

    for form in (repr(data), base64.b64encode(data).decode(), data.hex(), data.hex().upper()):
        assert redact(f"<{form}>").count("***") == 1


def test_words_shorter_than_six_characters_are_not_blackened():
    Secret("group")

    assert redact("the group has members") == "the group has members"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("got eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl ok", "got *** ok"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("{'Authorization': 'Bearer opaque'}", "{'Authorization': 'Bearer ***'}"),
        ("authorization: Basic dTpw", "authorization: Basic ***"),
        ("sent Negotiate YIIFzwYGKwYBBQUCoIIFwzCCBb8=", "sent Negotiate ***"),
        ("a=1&client_secret=x%2By&b=2", "a=1&client_secret=***&b=2"),
        ('{"access_token": "0.AXoA", "n": 1}', '{"access_token": "***", "n": 1}'),
        ('{"secretText": "V8~Q"}', '{"secretText": "***"}'),
        (
            "key -----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY----- end",
            "key *** end",
        ),
        ("cut -----BEGIN PRIVATE KEY-----\\nAAAA", "cut ***"),
    ],
)
def test_what_looks_like_a_secret_is_redacted_unasked(text, left):
    assert redact(text) == left


def test_ordinary_sentences_stay_as_they_are():
    text = "basic authentication is off; the bearer of this, the password: asked on the terminal."

    assert redact(text) == text


# ---- logging ----


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(message)s %(extra)s", defaults={"extra": ""}))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(params=["", "azure", "msal", "httpx", "urllib3", "a.library.of.tomorrow"])
def lines(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, list[str]]]:
    logger, handler = logging.getLogger(request.param), Lines()
    logger.addHandler(handler)
    guard_logging()
    yield logger, handler.lines
    logger.removeHandler(handler)


def test_no_logger_lets_a_secret_through(lines):
    logger, written = lines
    Secret(CANARY)

    logger.error("sent %s", CANARY)
    logger.error("sent %(what)s", {"what": {"body": CANARY}})
    logger.error("sent", extra={"extra": CANARY})
    logger.error("wrong number of arguments %s %s", CANARY)  # noqa: PLE1206  the point
    try:
        int(CANARY)
    except ValueError:
        logger.exception("failed")

    text = "\n".join(written)
    assert len(written) == 5
    assert CANARY not in text
    assert repr(CANARY)[1:-1] not in text
    assert "ValueError: invalid literal" in text


def test_guarding_twice_filters_once():
    handler = Lines()
    logging.getLogger("twice").addHandler(handler)

    guard_logging()
    guard_logging()

    assert [type(one) for one in handler.filters] == [Redactor]


def test_the_handler_of_last_resort_is_guarded_too():
    guard_logging()

    assert logging.lastResort
    assert any(isinstance(one, Redactor) for one in logging.lastResort.filters)

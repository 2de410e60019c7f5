"""How the practice tenant keeps client secrets and passwords: salted hashes, never the text."""

import hashlib
import hmac
import secrets
import string

ALPHABET = string.ascii_letters + string.digits + "-._~"
TAIL_LENGTH = 34
# Everybody at the practice university signs in with it; practice passwords are public.
PRACTICE_PASSWORD = "Practice-makes-2026"


def new_secret() -> str:
    """Make a client secret of Entra's shape: forty characters, the fourth to sixth being 8Q~.

    Never starts with a hyphen, which command lines would take for an option.
    """
    head = "".join(secrets.choice(string.ascii_letters) for _ in range(3))
    return f"{head}8Q~{''.join(secrets.choice(ALPHABET) for _ in range(TAIL_LENGTH))}"


def known_secret(name: str) -> str:
    """Make the client secret that a seeded app always has; practice passwords are public."""
    digest = hashlib.sha512(f"mailgrant practice {name}".encode()).digest()
    tail = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:TAIL_LENGTH])
    return f"prc8Q~{tail}"


def hashed(secret: str) -> str:
    """Hash a secret with a salt of its own, as `_secrets` of an application keeps it."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(salt, secret)}"


def matches(secret: str, stored: str) -> bool:
    """Tell whether a secret is the one that was hashed."""
    salt, _, digest = stored.partition("$")
    return hmac.compare_digest(_digest(salt, secret), digest)


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(f"{salt}{secret}".encode()).hexdigest()

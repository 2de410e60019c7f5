"""Entra of the practice tenant: who signs in, and the tokens they get."""

from toolkit.practice.entra.login import answer, is_token_request

__all__ = ["answer", "is_token_request"]

"""Exchange Online of the practice tenant."""

from toolkit.practice.exchange.admin_api import answer

__all__ = ["answer"]

"""Exchange Online of the practice tenant."""

from toolkit.practice.exchange.admin_api import answer
from toolkit.practice.exchange.cmdlets import is_write

__all__ = ["answer", "is_write"]

"""Microsoft Graph of the practice tenant."""

from toolkit.practice.graph.answering import answer

__all__ = ["answer"]

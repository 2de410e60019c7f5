"""mailgrant gives an application the mailboxes it needs and no others, and proves it."""

__version__ = "0.1.0"

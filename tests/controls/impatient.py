"""A bad client: tries its mailbox again and again, and so keeps Exchange believing the old."""

from tests.controls.client import Client


def minutes_until_open(app: Client, address: str, every: int, limit: int = 240) -> int:
    """Call every so many minutes until the mailbox opens; tell how long that took."""
    for waited in range(every, limit + 1, every):
        app.sleep(every * 60)
        if app.calendar(address) == 200:
            return waited
    return limit + every

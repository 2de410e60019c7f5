"""A bad client: writes down what it means to do, but believes one look that nothing was done."""

from pathlib import Path

from tests.controls.client import Client, connect

NAME = "intent-5f1c"


def run(folder: Path, *, looks: int, pause: float) -> None:
    """Make one application named by a nonce, unless it is seen in one of the looks."""
    with connect(folder) as client:
        for look in range(looks):
            if look:
                client.sleep(pause)
            if _there(client):
                return
        client.post("/applications", {"displayName": NAME})


def _there(client: Client) -> bool:
    return client.find("applications", NAME) is not None

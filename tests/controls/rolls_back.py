"""A bad client: takes the 404 right after its own create for a failure, and tidies up."""

from tests.controls.client import Client

UNIQUE = "rolled-back"


def run(client: Client) -> list[int]:
    """Create, look, roll back, create again; tell every status on the way."""
    body = {"displayName": "Rolled back", "uniqueName": UNIQUE}
    made = client.ask("POST", "/applications", body)
    app = made.json()["id"]
    looked = client.ask("GET", f"/applications/{app}?$select=id")
    client.delete(f"/applications/{app}")
    again = client.ask("POST", "/applications", body)
    return [one.status_code for one in (made, looked, again)]

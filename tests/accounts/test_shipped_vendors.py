"""The shipped set-ups, carried to their end: what the sheet says is filled into the vendor's page, and an account connects."""

from pathlib import Path
from typing import Any

import pytest

from tests.accounts.test_browser import alert, connecting, sign_in, status
from tests.chromium import NEEDED, Page
from tests.conftest import CommandLine
from tests.desk import FEMKE, METTE, RECTOR
from tests.practice.vendors.conftest import JADU, TRAY
from toolkit.practice.vendors.catalogue import Vendor

pytestmark = NEEDED
CASES = [
    pytest.param("jadu-xfp", "site", JADU, id="jadu"),
    pytest.param("tray-microsoft-calendar", "callback_host", TRAY, id="tray"),
]


def filled_in(
    mailgrant: CommandLine, world: dict[str, Any], name: str, host: str, folder: Path
) -> dict[str, str]:
    """Set the playbook up for people who are assigned, and read what the vendor is sent."""
    site = f"{host}={world['url'].removeprefix('https://')}"
    ended = mailgrant("setup", name, "--yes", "--json", "--set", site, "--set", "only_assigned=yes")
    assert ended.code == 0, ended.err
    run = ended.json["run"]
    sheet = mailgrant("handover", run, "--format", "json").json
    assert mailgrant("handover", run, "--key", str(folder / "secret.txt")).code == 0
    fields = {field["label"]: field["value"] for field in sheet["fields"]}
    client = fields.get("Client ID") or fields["Application (client) ID"]
    return {
        "client_id": client,
        "client_secret": (folder / "secret.txt").read_text(encoding="utf-8"),
        "tenant_id": sheet["tenant"]["id"],
    }


@pytest.mark.parametrize(("name", "host", "vendor"), CASES)
@pytest.mark.parametrize(("who", "let_in"), [(METTE, True), (FEMKE, True), (RECTOR, False)])
def test_who_is_assigned_connects_an_account_and_nobody_else(
    mailgrant: CommandLine,
    page: Page,
    world: dict[str, Any],
    tmp_path: Path,
    name: str,
    host: str,
    vendor: Vendor,
    who: str,
    let_in: bool,
):
    settings = filled_in(mailgrant, world, name, host, tmp_path)

    connecting(page, world["vendors"][vendor.key], vendor, settings)
    sign_in(page, who)

    if let_in:
        assert status(page).startswith(f"Connected as {who}, calendar ")
    else:
        assert "AADSTS50105" in alert(page)

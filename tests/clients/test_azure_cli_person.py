"""Somebody signs in to Azure CLI by a device code, as to the real service, and manages apps."""

import json
import re
import subprocess
from pathlib import Path

from tests.clients.conftest import Served, contradictions
from tests.clients.test_azure_cli import AZ, Cli, pytestmark
from tests.practice.entra.browsing import ANNA, browsing_at

CODE = re.compile(r"open the page (\S+) and enter the code (\w+)")
__all__ = ["pytestmark"]


def test_somebody_signs_in_by_a_device_code(served: Served, tmp_path: Path) -> None:
    az = Cli(served, tmp_path)
    az.register()
    line = [str(AZ), "login", "--use-device-code", "--allow-no-subscriptions"]
    line += ["--tenant", served.tenant_id]
    with subprocess.Popen(
        line, env=az.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as login:
        assert login.stderr is not None
        said = ""
        while not (found := CODE.search(said)):
            text = login.stderr.readline()
            assert text, said
            said += text
        with browsing_at(served.url, served.ca_file) as browser:
            browser.open(found[1]).press("Next", user_code=found[2])
            browser.sign_in().press("Continue")
            assert browser.title == "You have signed in"
        out, _ = login.communicate(timeout=120)

    (account,) = json.loads(out)
    assert account["user"] == {"name": ANNA, "type": "user"}
    assert az("ad", "signed-in-user", "show")["userPrincipalName"] == ANNA
    made = az("ad", "app", "create", "--display-name", "By a person")
    assert made["displayName"] == "By a person"
    assert contradictions(served) == []

from pathlib import Path

from tests.practice.entra.browsing import ANNA, browsing
from tests.practice.entra.conftest import Client
from toolkit.practice import control
from toolkit.practice.passwords import PRACTICE_PASSWORD

TOKENS = ("access", "id", "refresh")


def test_a_recorded_sign_in_shows_nothing_that_opens_a_door(folder: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    secrets = [PRACTICE_PASSWORD]
    with control.serve(folder, record=record) as practice, browsing(practice) as browser:
        app = Client(practice, browser.client, browser)
        for mode in ("query", "form_post"):
            page = app.open(response_mode=mode, prompt="login")
            secrets.append(dict(page.page.forms[0].form_values())["flow"])
            page.sign_in()
            if mode == "form_post":
                page.press("Continue")
            tokens = app.redeem().json()
            secrets += [page.arrived["code"], *(tokens[f"{name}_token"] for name in TOKENS)]
            page.arrived = {}
        asked = {"client_id": app.client_id, "scope": app.scope()}
        path = f"/{practice.tenant_id}/oauth2/v2.0/devicecode"
        codes = app.http.post(path, data=asked).json()
        browser.open(codes["verification_uri"]).press("Next", user_code=codes["user_code"])
        secrets += [app.verifier, codes["device_code"]]
        secrets += [one.value or "" for one in browser.client.cookies.jar]
    text = record.read_text(encoding="utf-8")

    assert ANNA.replace("@", "%40") in text
    assert len(secrets) > 10
    assert [one for one in secrets if not one or one in text] == []
    assert codes["user_code"] not in text

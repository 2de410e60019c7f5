"""A recording shows that a vendor was set up, and nothing that it signs in with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.practice.entra.browsing import browsing
from tests.practice.vendors.conftest import MYTIMETABLE
from toolkit import certificates
from toolkit.practice import control


@pytest.mark.parametrize("form", ["with files", "without"])
def test_a_recorded_set_up_of_a_vendor_shows_no_secret(
    folder: Path, tmp_path: Path, form: str
) -> None:
    record = tmp_path / "record.jsonl"
    pair = certificates.make("MyTimetable", days=90, now=datetime.now(UTC), key_size=2048)
    key = pair.pem.reveal()
    secret = "the-secret-of-the-vendor"
    with control.serve(folder, record=record) as practice, browsing(practice) as browser:
        url = f"{practice.url}{MYTIMETABLE.path}"
        fields = {"client_secret": secret, "do": "save"}
        if form == "without":
            answer = browser.client.post(url, data=fields | {"key_text": key, "client_id": "an-id"})
        else:
            files = {"key_file": ("key.pem", key.encode())}
            answer = browser.client.post(url, data=fields, files=files)
    text = record.read_text(encoding="utf-8")

    assert pair.certificate.thumbprint in answer.text
    assert (json.loads(text.splitlines()[-1])["status"], "an-id" in text) == (
        200,
        form == "without",
    )
    assert secret not in text
    assert key.splitlines()[1] not in text

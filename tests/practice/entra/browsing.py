"""Somebody at a browser: follows redirects, reads the form of a page, fills it in, presses a button."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from lxml import html  # type: ignore[import-untyped]

from toolkit.practice.control import Practice
from toolkit.practice.passwords import PRACTICE_PASSWORD

ANNA = "admin.anna@northbridge.example"
METTE = "mette.jansen@northbridge.example"


@dataclass
class Browser:
    """A browser with cookies; `page` is what it shows, `arrived` what a client was sent."""

    client: httpx.Client
    url: str = ""
    page: Any = None
    arrived: dict[str, str] = field(default_factory=dict)
    deliver: bool = False

    def open(self, url: str) -> "Browser":
        return self._shown(self.client.get(url))

    @property
    def title(self) -> str:
        return str(self.page.findtext(".//h1"))

    @property
    def alert(self) -> str:
        found = self.page.xpath("//*[@role='alert']")
        return " ".join(found[0].text_content().split()) if found else ""

    @property
    def text(self) -> str:
        return " ".join(self.page.find(".//main").text_content().split())

    def press(self, button: str, **fields: str) -> "Browser":
        """Fill a form in and press one of its buttons, by what stands on it."""
        forms = {
            one.text_content().strip(): form
            for form in self.page.forms
            for one in form.xpath(".//button")
        }
        assert button in forms, f"{button}? There are {sorted(forms)} on: {self.text}"
        form = forms[button]
        named = {one.text_content().strip(): one for one in form.xpath(".//button")}
        values = {**dict(form.form_values()), **fields}
        if named[button].get("name"):
            values[named[button].get("name")] = named[button].get("value")
        target = urljoin(self.url, form.get("action"))
        if self._leaves(target):
            return self._arrive(target, values)
        return self._shown(self.client.post(target, data=values))

    def sign_in(self, who: str = ANNA, password: str = PRACTICE_PASSWORD) -> "Browser":
        """Say who, and the password."""
        return self.press("Next", user=who).press("Sign in", password=password)

    def verify(self) -> "Browser":
        """Bring the second factor that the page shows."""
        return self.press("Verify", factor=self.page.get_element_by_id("shown").text)

    def _leaves(self, target: str) -> bool:
        return not target.startswith(str(self.client.base_url).rstrip("/"))

    def _arrive(self, target: str, values: dict[str, str]) -> "Browser":
        self.arrived = values
        if self.deliver:
            with httpx.Client(trust_env=False) as plain:
                plain.post(target, data=values).raise_for_status()
        return self

    def _shown(self, answer: httpx.Response) -> "Browser":
        while answer.is_redirect:
            target = answer.headers["location"]
            if self._leaves(target):
                parts = urlsplit(target)
                read = parse_qs(parts.query or parts.fragment)
                self.arrived = {name: found[0] for name, found in read.items()}
                return self
            answer = self.client.get(target)
        self.url = str(answer.url)
        assert answer.headers["content-type"].startswith("text/html"), answer.text
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        self.page = html.fromstring(answer.text)
        return self


@contextmanager
def browsing(practice: Practice, **options: Any) -> Iterator[Browser]:
    with browsing_at(practice.url, practice.ca_file, **options) as browser:
        yield browser


@contextmanager
def browsing_at(url: str, ca_file: Path, **options: Any) -> Iterator[Browser]:
    trust = ssl.create_default_context(cafile=str(ca_file))
    with httpx.Client(base_url=url, verify=trust, trust_env=False) as client:
        yield Browser(client, **options)

"""An HTML page of the practice tenant: no scripts, one style of its own, and nothing else is loaded."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from toolkit import shelf
from toolkit.practice.wire import Answer

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'{target}"
)


def page(
    template: str,
    style: str,
    *,
    status: int = 200,
    target: str = "",
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> Answer:
    """Write a page by its templates; its forms may lead to this host and to one `target` beside."""
    written = _style(style)
    digest = base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()
    policy = POLICY.format(digest=digest, target=f" {target}" if target else "")
    return Answer(
        status=status,
        body=_environment().get_template(template).render(style=written, **shown),
        headers={
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": policy,
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            **(headers or {}),
        },
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(shelf.templates(), encoding="utf-8")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip


@cache
def _style(name: str) -> str:
    # What stands in a style element is no text to be escaped, and nothing of anybody's is in it.
    return _environment().get_template(name).render()

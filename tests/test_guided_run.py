"""The guided run that README.md shows is what really happens at a terminal."""

import html
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WAITING = re.compile(r"waiting: .*? tenant time\)")
PATIENCE = 60


def play(data: Path) -> str:
    """Play the guided run at a terminal of its own: Enter to every question, yes to the plan."""
    openpty = getattr(os, "openpty", None)
    if openpty is None:
        pytest.skip("this system has no pseudo-terminals")
    ours, theirs = openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR")}
    line = [sys.executable, "-m", "toolkit"]
    words = ["--tenant", "practice", "setup", "mytimetable-graph"]
    with subprocess.Popen(
        [*line, *words],
        cwd=ROOT,
        env={**kept, "XDG_DATA_HOME": str(data), "TERM": "dumb", "COLUMNS": "104"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        try:
            said = _answering(ours)
        finally:
            process.kill()
    os.close(ours)
    return f"$ mailgrant {' '.join(words)}\n{said}".replace(
        f"{data}/mailgrant", "~/.local/share/mailgrant"
    )


def _answering(terminal: int) -> str:
    said = b""
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # so Linux says that the other side has gone
            part = b""
        if not part:
            return said.decode()
        said += part
        if said.endswith(b" > "):
            os.write(terminal, b"\n")
        elif said.endswith(b"[y/N]: "):
            os.write(terminal, b"y\n")
    raise AssertionError(f"nothing more was said after: {said.decode()[-300:]}")


def alike(text: str) -> str:
    """Bring two tellings of a run together: its name, digest, line breaks and waiting differ."""
    named = re.sub(r"\d{4}-\d\d-\d\d-mytimetable-graph-prod-[0-9a-f]{4}", "RUN", text)
    named = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", named)
    return " ".join(WAITING.sub("", " ".join(named.split())).split())


def shown() -> str:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    return page.partition("<!-- the guided run -->\n```text\n")[2].partition("```\n")[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the data folder lies elsewhere there")
def test_the_guided_run_in_the_readme_is_what_happens(tmp_path: Path):
    assert alike(play(tmp_path)) == alike(shown())


def test_the_picture_shows_the_same_run():
    picture = (ROOT / "docs" / "guided-run.svg").read_text(encoding="utf-8")
    drawn = html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture)))
    plan = shown().partition("Plan: ")[2]

    assert plan
    assert _dense(plan) in _dense(drawn)


def _dense(text: str) -> str:
    return re.sub(r"\s", "", text)

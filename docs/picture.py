"""Records a guided run in a terminal (tmux) for README.md: a picture, docs/guided-run.svg, and its text."""  # noqa: INP001  a script

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "mailgrant --tenant practice setup mytimetable-graph"
COLUMNS = 104
SESSION = f"mailgrant-picture-{os.getpid()}"
PATIENCE = 60
PLACE = r"(<!-- {} -->\n```text\n).*?(```\n)"
# rich's own format, without the fonts it would fetch from elsewhere.
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Consolas, Menlo, "DejaVu Sans Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def tmux(*words: str) -> str:
    """Run one command of tmux and give back what it prints."""
    done = subprocess.run(  # noqa: S603  our own words
        ["tmux", "-f", os.devnull, *words],  # noqa: S607  wherever it is installed
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def until(*signs: str, seen: str = "") -> str:
    """Wait until the terminal shows something new that ends with a sign; colours included."""
    end, text = time.monotonic() + PATIENCE, ""
    while time.monotonic() < end:
        text = tmux("capture-pane", "-t", SESSION, "-p", "-e", "-J", "-S", "-1000")
        if text != seen and plain(text).endswith(signs):
            return text
        time.sleep(0.1)
    raise SystemExit(f"The terminal never came to {signs}:\n{plain(text)}")


def plain(text: str) -> str:
    """Take the colours away, and what is empty at the end of lines."""
    lines = Text.from_ansi(text).plain.splitlines()
    return "\n".join(line.rstrip() for line in lines).rstrip()


def record(home: Path) -> str:
    """Play the guided run: Enter to every question, yes to the plan."""
    shell = (
        f'PS1="$ "; export XDG_DATA_HOME={home}; unset CI MAILGRANT_HOME;'
        f' mailgrant() {{ "{sys.executable}" -m toolkit "$@"; }}; cd "{ROOT}"; clear'
    )
    size = ("-x", str(COLUMNS), "-y", "50")
    tmux("new-session", "-d", "-s", SESSION, *size, "bash", "--norc", "--noprofile")
    try:
        tmux("send-keys", "-t", SESSION, shell, "Enter")
        time.sleep(1)
        tmux("send-keys", "-t", SESSION, COMMAND, "Enter")
        seen = until(" >")
        while not plain(seen).endswith("[y/N]:"):
            tmux("send-keys", "-t", SESSION, "Enter")
            seen = until(" >", "[y/N]:", seen=seen)
        tmux("send-keys", "-t", SESSION, "y", "Enter")
        seen = until("\n$", seen=seen)
    finally:
        tmux("kill-session", "-t", SESSION)
    text = seen[seen.index(f"$ {COMMAND}") : seen.rstrip().rindex("\n")]
    return text.replace(f"{home}/mailgrant", "~/.local/share/mailgrant")


def picture(recorded: str) -> str:
    """Draw the run, from its plan on."""
    lines = recorded.splitlines()
    first = next(n for n, line in enumerate(lines) if "Plan:" in line) - 2
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere)
        console.print(Text.from_ansi("\n".join([*lines[first:], ""])))
    svg = console.export_svg(title=COMMAND, theme=MONOKAI, code_format=SVG, unique_id="run")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def put(text: str, where: str, page: str) -> str:
    """Put a text into its place in a page."""
    found = re.search(PLACE.format(where), page, re.DOTALL)
    if not found:
        raise SystemExit(f"README.md has no place for {where}.")
    return f"{page[: found.end(1)]}{text}\n{page[found.start(2) :]}"


def main() -> None:
    """Record, draw, and put everything in its place."""
    with tempfile.TemporaryDirectory() as folder:
        recorded = record(Path(folder))
    (ROOT / "docs" / "guided-run.svg").write_text(picture(recorded), encoding="utf-8")
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    page = put(plain(recorded), "the guided run", page)
    page = put(command_line_help(), "the help", page)
    (ROOT / "README.md").write_text(page, encoding="utf-8")


def command_line_help() -> str:
    """Ask mailgrant for its help, as a terminal of 80 columns shows it."""
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.rstrip()


if __name__ == "__main__":
    main()

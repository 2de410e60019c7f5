"""Counts the requests of each playbook's first set-up, re-run and plan, on practice tenants made for it.

Every HTTP request counts, and each part of a `$batch` as one. "Work" is what the limits are about:
it is measured without replica lag, where nothing is polled or repeated. With lag, polls, retries and settled
reads stand apart. It is not called requests.py: a script of that name hides the library `requests`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"first": 40, "again": 25, "plan": 15}
COMMANDS = {"first": "setup", "again": "setup", "plan": "plan"}
WORDS = {"first": "first set-up", "again": "re-run with proof", "plan": "plan"}
CALM = ("lag off", "sts-lag off", "cache off")
APART = ("poll", "retry", "settled")


def mailgrant(home: Path, *words: str) -> Any:
    """Run one command on the practice tenant of a home and give back its JSON."""
    line = [sys.executable, "-m", "toolkit", "--home", str(home), "--tenant", "practice", *words]
    done = subprocess.run(
        [*line, "--json"],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return json.loads(done.stdout)


def counted(home: Path, *words: str) -> tuple[int, dict[str, int]]:
    """Run a command; tell how many requests the practice tenant saw, and how the command sorts them."""
    before = sum(mailgrant(home, "practice", "status")["requests"].values())
    found = mailgrant(home, *words).get("requests", {})
    after = sum(mailgrant(home, "practice", "status")["requests"].values())
    return after - before, found


def choices(playbook: str) -> list[dict[str, str]]:
    """List the answers a playbook suggests, then each yes/no answer the other way round."""
    asked = mailgrant(ROOT, "playbooks", "show", playbook)["questions"]
    yes_no = [question for question in asked if question["kind"] == "yes_no"]
    return [{}] + [{q["name"]: "no" if q.get("default") else "yes"} for q in yes_no]


def measure(playbook: str, answers: dict[str, str], calm: Path, real: Path) -> None:
    """Measure one playbook with one set of answers in two homes, and print a line for each command."""
    given = [word for name, value in answers.items() for word in ("--set", f"{name}={value}")]
    accept = {"setup": ["--accept-every-mailbox"], "plan": []}
    for switch in CALM:
        mailgrant(calm, "practice", "fault", switch)
    title = " ".join([playbook, *(f"{name}={value}" for name, value in answers.items())])
    for step, command in COMMANDS.items():
        words = [command, playbook, "--yes", *given, *accept[command]]
        work, _ = counted(calm, *words)
        total, kinds = counted(real, *words)
        apart = "  ".join(f"{kind} {kinds.get(kind, 0):>2}" for kind in APART)
        judged = f"limit {LIMITS[step]}" if not answers else ""
        print(f"{title:<40} {WORDS[step]:<18} {work:>3} {judged:<9} with lag {total:>3}: {apart}")
        title = ""


def main() -> None:
    """Measure what is named, or everything."""
    for playbook in sys.argv[1:] or [p["name"] for p in mailgrant(ROOT, "playbooks")["playbooks"]]:
        for answers in choices(playbook):
            with tempfile.TemporaryDirectory() as calm, tempfile.TemporaryDirectory() as real:
                measure(playbook, answers, Path(calm), Path(real))


if __name__ == "__main__":
    main()

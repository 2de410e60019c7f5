"""Shows what a command loads and how long it takes to start, as a ratio to a bare `python -c pass`."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMES = 9
LINES = (
    ("--help",),
    ("playbooks",),
    ("--tenant", "practice", "plan", "mytimetable-graph", "--yes"),
)
LOADED = """import sys
from toolkit.__main__ import run
run(sys.argv[1:])
print(len(sys.modules), *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
HEAVY = (
    *("azure", "cryptography", "exchangelib", "httpx", "jinja2", "msgraph"),
    *("pydantic", "rich", "starlette", "winrm"),
)


def took(*words: str) -> float:
    """Take the median time of a Python process."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def loaded(*words: str) -> list[str]:
    """Tell how many modules a command loads, and which packages."""
    line = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stderr.splitlines()[-1].split()


def main() -> None:
    """Print a line for each command."""
    bare = took("-c", "pass")
    print(f"{'python -c pass':<12} {bare * 1000:5.0f} ms")
    with tempfile.TemporaryDirectory() as home:
        for line in LINES:
            words = ("--home", home, *line)
            modules, *packages = loaded(*words)
            heavy = [name for name in HEAVY if name in packages]
            ratio = took("-m", "toolkit", *words) / bare
            name = next(word for word in line if word not in ("--tenant", "practice"))
            print(
                f"{name:<12} x{ratio:4.1f}  {modules:>5} modules, of them: {', '.join(heavy) or '-'}"
            )


if __name__ == "__main__":
    main()

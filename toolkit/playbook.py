"""A playbook: YAML in, checked whole; every mistake is found here, with file and line."""

import re
from pathlib import Path

from toolkit import playbook_rules, shelf, strict_yaml
from toolkit.book import DAYS, TENANT, Entry, Playbook, build, combinations, fill
from toolkit.errors import PlaybookError
from toolkit.inputs import meant
from toolkit.playbook_reader import Reader

__all__ = ["TENANT", "Entry", "Playbook", "build", "combinations", "fill", "load", "names", "parse"]

NAME_OF_FILE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_good: dict[tuple[str, str], Playbook] = {}
"""What was read before, by text and name: a run carries its playbook along and reads it again."""


def names() -> list[str]:
    """List the playbooks that ship."""
    return sorted(path.stem for path in shelf.playbooks().glob("*.yaml"))


def load(name: str) -> Playbook:
    """Load a shipped playbook by name, or any by a path ending in .yaml."""
    if name.lower().endswith((".yaml", ".yml")):
        path = Path(name)
    elif name in (shipped := names()):
        path = shelf.playbooks() / f"{name}.yaml"
    else:
        raise PlaybookError(
            f"There is no playbook {strict_yaml.shown(name)}.",
            fix=f"{meant(name, shipped)}`mailgrant playbooks` lists them: {', '.join(shipped)}. "
            "A path must end in .yaml.",
        )
    if path.stem in DAYS:
        raise PlaybookError(
            f"{path}: mailgrant calls a change of its own {path.stem}.", fix="Rename the file."
        )
    return parse(strict_yaml.read(path), path.stem, str(path))


def day(name: str) -> Playbook:
    """Load a day-after playbook: a change of a set-up that is there, filled in by mailgrant."""
    path = shelf.days() / f"{name}.yaml"
    return parse(strict_yaml.read(path), path.stem, str(path))


def name_of(path: Path) -> str:
    """Tell the name of a playbook by its file; raises PlaybookError where it can't be one."""
    _check_name(path.stem if path.suffix.lower() in (".yaml", ".yml") else "", str(path))
    return path.stem


def _check_name(name: str, where: str) -> None:
    if not NAME_OF_FILE.fullmatch(name):
        raise PlaybookError(
            f"{where}: the file name becomes part of names in the tenant.",
            fix="Call it by small letters, digits and hyphens, at most 40, ending in .yaml.",
        )


def parse(text: str, name: str, where: str) -> Playbook:
    """Read a playbook's text and check everything in it that can be checked without a tenant."""
    if (text, name) in _good:
        return _good[text, name]
    root = strict_yaml.parse(text, where)
    _check_name(name, where)
    reader = Reader(where)
    book = reader.book(root, name, text)
    playbook_rules.check(book, reader)
    _good[text, name] = book
    return book

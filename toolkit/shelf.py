"""Where playbooks and templates lie: inside the installed package, or in a checkout."""

from pathlib import Path

HERE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = HERE / name
    return inside if inside.is_dir() else HERE.parent / name


def playbooks() -> Path:
    """Find the folder of the playbooks that ship."""
    return _folder("playbooks")


def days() -> Path:
    """Find the folder of the day-after playbooks, which mailgrant fills in itself."""
    return playbooks() / "days"


def templates() -> Path:
    """Find the folder of the page templates."""
    return _folder("templates")

"""What mailgrant notes on an application, so that its set-up is known on any machine."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from toolkit.inputs import Answers

LONGEST = 1024
"""Characters that the notes of an enterprise application hold.

Source: learn.microsoft.com/graph/api/resources/serviceprincipal (notes)
"""
KEY = "mailgrant"
VERSION = 1


def noted(answers: Answers) -> str:
    """Write a set-up's answers as the notes of its enterprise application.

    What names a file of this computer stays here. What doesn't fit is left out, the longest first:
    it is asked for where it is needed.
    """
    kept = {
        name: list(answer) if isinstance(answer, tuple) else answer
        for name, answer in answers.items()
        if not _is_path(answer)
    }
    while len(text := _compact({KEY: VERSION, **kept})) > LONGEST:
        del kept[max(kept, key=lambda name: len(_compact({name: kept[name]})))]
    return text


def answers_in(notes: str) -> dict[str, Any] | None:
    """Read the answers back; None where the notes aren't mailgrant's."""
    try:
        found = json.loads(notes)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.pop(KEY, None) != VERSION:
        return None
    return found


def _compact(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _is_path(answer: object) -> bool:
    return isinstance(answer, str) and (
        PureWindowsPath(answer).is_absolute() or PurePosixPath(answer).is_absolute()
    )

"""The JSON Schema of playbooks, for editors; `playbooks check` judges more than a schema can."""

from dataclasses import MISSING
from typing import Any

from toolkit.inputs import KINDS, NAME
from toolkit.playbook_reader import (
    CONNECT,
    ENTRY,
    FINDS,
    HANDOVER,
    MOST,
    OBSOLETE,
    PROOF,
    QUESTION,
    ROOT,
    SECOND_GO,
    SOURCE,
)
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Step, parameters

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string", "minLength": 1}
REFERENCE = {"type": "string", "pattern": r"^\$\{[^}]+\}$"}
NAMED = {"type": "string", "pattern": f"^{NAME.pattern}$"}
CONDITION = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
ANSWER = {"type": ["string", "boolean", "integer", "array"]}
TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
}


def schema() -> dict[str, Any]:
    """Write the schema of a whole playbook."""
    steps = _list({"anyOf": [_step(kind) for kind in CATALOGUE.values()]})
    parts = {
        "title": TEXT,
        "audience": TEXT,
        "about": TEXT,
        "source": _texts(SOURCE, date="read"),
        "obsolete": _list(_texts(OBSOLETE, needed=OBSOLETE)),
        "questions": _list(_question()),
        "steps": steps,
        "second_go": _object({**dict.fromkeys(SECOND_GO, TEXT), "steps": steps}, ("steps",)),
        "proof": _texts(PROOF, needed=("app",)),
        "connect": _texts(CONNECT),
        "handover": _list(_texts(HANDOVER, needed=HANDOVER)),
    }
    missing = [name for name in ROOT if name not in parts]
    body = {**parts, **dict.fromkeys(missing, True)}
    return {
        "$schema": DRAFT,
        "title": "A playbook of mailgrant",
        **_object(body, ("title", "questions", "steps")),
    }


def _question() -> dict[str, Any]:
    parts: dict[str, Any] = {
        "name": NAMED,
        "ask": TEXT,
        "kind": {"enum": list(KINDS)},
        "default": ANSWER,
        "practice": ANSWER,
        "choices": {"type": "array", "items": TEXT, "minItems": 1},
        "find": {"enum": list(FINDS)},
    }
    return _object({**dict.fromkeys(QUESTION, CONDITION), **parts}, ("name", "ask", "kind"))


def _step(kind: type[Step]) -> dict[str, Any]:
    fields = parameters(kind)
    needed = [
        name
        for name, each in fields.items()
        if each.default is MISSING and each.default_factory is MISSING
    ]
    parts: dict[str, Any] = {
        name: {"anyOf": [TYPES.get(each.type, {}), REFERENCE]} for name, each in fields.items()
    }
    common: dict[str, Any] = dict.fromkeys(ENTRY, CONDITION)
    common |= {"do": {"const": kind.do}, "as": NAMED, "because": TEXT}
    made = _object({**common, **parts}, ("do", *needed))
    return {"title": kind.do, **made}


def _texts(names: tuple[str, ...], needed: tuple[str, ...] = (), date: str = "") -> dict[str, Any]:
    parts: dict[str, Any] = dict.fromkeys(names, TEXT)
    if date:
        parts[date] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
    return _object(parts, needed)


def _object(parts: dict[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": parts,
        "required": list(needed),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": MOST}

"""A step as a journal or a plan holds it, so that it can be made again without its playbook."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from toolkit.steps import CATALOGUE
from toolkit.steps.base import Mark, Step


def fields_of(step: Step) -> dict[str, Any]:
    """Write a step's fields as JSON."""
    found = asdict(step).items()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found}


def step_of(do: str, fields: Mapping[str, Any]) -> Step:
    """Make a step again from its kind and its fields."""
    mark = Mark(**fields["mark"])
    others = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields.items()
        if name != "mark"
    }
    return CATALOGUE[do](mark=mark, **others)

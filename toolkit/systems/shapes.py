"""What an answer must look like before anybody works with it."""

from datetime import datetime
from typing import Any

Shape = Any
"""A type (datetime: text with a date and its offset), [shape] for a list, {"name": shape} for an object.

A name that ends in ? may be missing or null. What isn't named may be there: services add fields.
"""


def misfit(value: object, shape: Shape, name: str = "the answer") -> str:
    """Tell what doesn't fit, in words; empty where everything does."""
    if isinstance(shape, dict):
        return _object(value, shape, name)
    if isinstance(shape, list):
        return _list(value, shape[0], name)
    if shape is datetime:
        return "" if _is_date(value) else f"{name} is no date"
    return "" if isinstance(value, shape) else f"{name} is no {shape.__name__}"


def names(shape: dict[str, Shape]) -> list[str]:
    """List the properties of an object, for $select."""
    return [key.removesuffix("?") for key in shape]


def _object(value: object, shape: dict[str, Shape], name: str) -> str:
    if not isinstance(value, dict):
        return f"{name} is no object"
    for key, inner in shape.items():
        found = value.get(key.removesuffix("?"))
        if found is None and key.endswith("?"):
            continue
        if found is None:
            return f"{name} lacks {key}"
        if words := misfit(found, inner, key.removesuffix("?")):
            return words
    return ""


def _list(value: object, shape: Shape, name: str) -> str:
    if not isinstance(value, list):
        return f"{name} is no list"
    return next((words for each in value if (words := misfit(each, shape, name))), "")


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False

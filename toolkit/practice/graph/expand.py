"""$expand: related objects within an answer, twenty at most, as the directory does it.

Source: learn.microsoft.com/graph/query-parameters (expand) and /graph/known-issues.
"""

import re
from dataclasses import dataclass

from toolkit.practice.graph import query
from toolkit.practice.graph.errors import bad, unsupported
from toolkit.practice.graph.query import Options, Row
from toolkit.practice.graph.relations import RELATIONS
from toolkit.practice.store import Body
from toolkit.practice.world import World

MOST = 20
CLAUSE = re.compile(r"(?P<name>\w+)(?:\((?P<options>[^()]*)\))?")


@dataclass(frozen=True)
class Expansion:
    """Which relation is wanted, and which properties of its objects."""

    name: str
    names: tuple[str, ...] | None


def expansion(type_name: str, options: Options) -> Expansion | None:
    """Read $expand, refusing what that type can't expand."""
    text = options.values.get("expand")
    if text is None:
        return None
    match = CLAUSE.fullmatch(text.strip())
    if match is None:
        raise unsupported("Expanding more than one property is not supported.")
    relations = {name.lower(): name for name in RELATIONS.get(type_name, {})}
    name = relations.get(match["name"].lower())
    if name is None:
        raise bad(
            "Parsing OData Select and Expand failed: Could not find a property named"
            f" '{match['name']}' on type 'microsoft.graph.{type_name}'.",
            "BadRequest",
        )
    relation = RELATIONS[type_name][name]
    inner: dict[str, str] = {}
    for clause in filter(None, (match["options"] or "").split(";")):
        key, _, value = clause.strip().partition("=")
        if key.lstrip("$").lower() not in {"select", "levels"}:
            raise bad(f"The query parameter '{key}' is not supported within $expand.")
        inner[key.lstrip("$").lower()] = value
    return Expansion(name, query.chosen(relation.type_name, Options(values=inner)))


def expanded(world: World, row: Row, wanted: Expansion) -> Body:
    """Fetch what an object expands to."""
    relation = RELATIONS[row.type_name][wanted.name]
    typed = relation.type_name == "directoryObject"
    found = []
    for one in relation.find(world, row.body):
        found.append(query.show(one, wanted.names, single=False, typed=typed))
        if len(found) == MOST:
            break
    if relation.many:
        return {wanted.name: found}
    return {wanted.name: found[0]} if found else {}

"""Judges what a client sends: unknown properties, wrong types and formats are refused at any depth."""

import base64
import binascii
import json
import re
from typing import Any

from toolkit.practice.graph import schema
from toolkit.practice.graph.errors import bad
from toolkit.practice.wire import Ask

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
FORMATS = {
    "guid": (GUID, "Edm.Guid"),
    "time": (
        re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)"),
        "Edm.DateTimeOffset",
    ),
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "Edm.Date"),
    "clock": (re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?"), "Edm.TimeOfDay"),
    "duration": (
        re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"),
        "Edm.Duration",
    ),
}
# What JSON may say of an object beside its properties: docs.oasis-open.org/odata/odata-json-format,
# section 4.6. Services may pass over what they don't know; here it is refused, for it's a mistake.
CONTROL = {
    f"@odata.{name}"
    for name in ("context", "count", "deltaLink", "editLink", "etag", "id", "nextLink", "readLink")
} | {"@odata.removed", "@odata.type"}
# Navigation properties that may be bound in a request, and how many references they take.
BINDINGS = {
    "application": {"owners"},
    "servicePrincipal": {"owners"},
    "group": {"owners", "members"},
    "user": {"manager"},
    "unifiedRoleAssignment": {"principal", "roleDefinition"},
}


def read_json(ask: Ask) -> Any:
    """Read a request's JSON, refusing what isn't (messages as Graph's)."""
    if not ask.body.strip():
        raise bad("Empty Payload. JSON content expected.")
    if not ask.headers.get("content-type", "").lower().startswith("application/json"):
        raise bad("Entity only allows writes with a JSON Content-Type header.")
    try:
        return json.loads(ask.body)
    except (ValueError, RecursionError) as error:
        raise bad(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and"
            " payload is of valid JSON format.",
            "BadRequest",
        ) from error


def judge(type_name: str, data: Any, *, creating: bool, top: bool = True) -> dict[str, Any]:
    """Take over what a client sent, by the properties' proper names, or refuse it."""
    if not isinstance(data, dict):
        raise bad(f"A JSON object was expected for type 'microsoft.graph.{type_name}'.")
    result: dict[str, Any] = {}
    for key, value in data.items():
        if "@" in key:
            _annotation(type_name, key, value, result)
            continue
        prop = schema.find(type_name, key)
        if prop is None:
            raise bad(f"Invalid property '{key}'.")
        if prop.name in result:
            raise bad(f"Multiple properties with the name '{prop.name}' were found.")
        if "R" in prop.marks:
            if top:
                raise bad(f"Property '{prop.name}' is read-only and cannot be set.")
            continue  # clients hand nested ones back as they read them
        if "C" in prop.marks and not creating and top:
            raise bad(f"Property '{prop.name}' cannot be changed once it is set.")
        result[prop.name] = _value(prop, value)
    return result


def require(body: dict[str, Any], *names: str) -> None:
    """Refuse a request that leaves out what must be given."""
    for name in names:
        if body.get(name) is None or body[name] == "":
            raise bad(
                f"A value is required for property '{name}' of the resource. The value is missing."
            )


def _annotation(type_name: str, key: str, value: Any, result: dict[str, Any]) -> None:
    name, _, note = key.partition("@")
    if not name:
        if key == "@odata.type" and str(value).lstrip("#").lower() != (
            f"microsoft.graph.{type_name}".lower()
        ):
            raise bad(f"The type '{value}' is not assignable to 'microsoft.graph.{type_name}'.")
        if key not in CONTROL and not key.startswith("@microsoft.graph."):
            raise bad(f"Invalid property '{key}'.")
        return
    if note == "odata.bind":
        if name not in BINDINGS.get(type_name, ()):
            raise bad(f"Invalid property '{name}'.")
        result[key] = _references(name, value)
    elif note != "odata.type" or schema.find(type_name, name) is None:
        raise bad(f"Invalid property '{key}'.")


def _references(name: str, value: Any) -> list[str]:
    references = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in references):
        raise bad(f"The values of '{name}@odata.bind' must be addresses of resources.")
    return references


def _value(prop: schema.Property, value: Any) -> Any:
    if not prop.many:
        return None if value is None else _single(prop, value)
    if value is None:
        raise bad(f"The collection '{prop.name}' cannot be null.")
    if not isinstance(value, list):
        raise bad(
            f"An unexpected value was found for '{prop.name}' when reading from the JSON reader."
            " A 'StartArray' node was expected."
        )
    return [_single(prop, item) for item in value]


def _single(prop: schema.Property, value: Any) -> Any:
    if prop.type in schema.TYPES:
        return judge(prop.type, value, creating=True, top=False)
    if prop.names:
        return _name(prop, value)
    if prop.type == "bool":
        return _typed(prop, value, bool, "Edm.Boolean")
    if prop.type == "int":
        return _typed(prop, value, int, "Edm.Int32")
    text: str = _typed(prop, value, str, "Edm.String")
    if prop.type == "bytes":
        decode(prop.name, text)
    elif prop.type in FORMATS:
        pattern, edm = FORMATS[prop.type]
        if not pattern.fullmatch(text):
            raise bad(f"Cannot convert the literal '{text}' to the expected type '{edm}'.")
    return text


def _name(prop: schema.Property, value: Any) -> str:
    for name in prop.names:
        if isinstance(value, str) and name.lower() == value.lower():
            return name
    raise bad(f"Invalid value specified for property '{prop.name}' of the resource.")


def _typed(prop: schema.Property, value: Any, wanted: type, edm: str) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise bad(
            f"Cannot convert the value of property '{prop.name}' to the expected type '{edm}'."
        )
    return value


def decode(name: str, text: str) -> bytes:
    """Decode base64 in either alphabet, with or without padding."""
    plain = re.sub(r"\s", "", text).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise bad(
            f"Cannot convert the value of property '{name}' to the expected type 'Edm.Binary'."
        ) from error

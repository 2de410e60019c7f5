"""The tenants an administrator works in: names, ids and ways to sign in, in one TOML file without secrets."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from toolkit.errors import HomeError, UsageError
from toolkit.inputs import meant
from toolkit.secret import make_private_folder, write_private
from toolkit.systems.clouds import CLOUDS

FILE = "tenants.toml"
PRACTICE = "practice"
ENVIRONMENT = "env"
SignIn = Literal["quick", "own", "certificate", "secret"]
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BEGIN = re.compile(r"(?!.*mailgrant-)[A-Za-z0-9][A-Za-z0-9._ ()-]{0,15}")
NO_BEGINNING = "can't begin a name: use up to 16 letters, digits, blanks, and any of . _ ( ) -"
HEADER = re.compile(r"\s*\[")
TOP = """\
# The tenants mailgrant knows. No secrets: those lie in keep/. `mailgrant tenants` writes this file;
# what you write here by hand stays.
"""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One tenant and how to sign in to it.

    `client` is the application that signs in: the tenant's own, or the one whose certificate or
    secret lies in keep under `kept`. `reader` and `reader_kept` are another that may only read, for
    `plan`. `apps`, `groups` and `assignments` begin the names of what is made. `consented` lists
    the permissions that signing in here has added to what Microsoft remembers.
    """

    name: str
    tenant: str
    domain: str = ""
    cloud: str = "global"
    sign_in: SignIn = "quick"
    client: str = ""
    kept: str = ""
    reader: str = ""
    reader_kept: str = ""
    apps: str = ""
    groups: str = ""
    assignments: str = ""
    consented: tuple[str, ...] = ()
    default: bool = False

    @property
    def practice(self) -> bool:
        """Tell whether it signs in to the tenant on this machine."""
        return self.cloud == PRACTICE

    @property
    def by_person(self) -> bool:
        """Tell whether a person signs in, in a browser."""
        return self.sign_in in ("quick", "own")

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "consented": list(self.consented), "practice": self.practice}


class Profiles:
    """The profiles of one home. Whoever changes them holds the home's lock `tenants`."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def all(self) -> list[Profile]:
        """List them in the order of the file; raises UsageError where the file says what can't be."""
        return [
            _profile(name, table, self.path)
            for name, table in _parsed(self._text(), self.path).items()
        ]

    def get(self, name: str) -> Profile:
        """Find one by its name."""
        found = {profile.name: profile for profile in self.all()}
        if name not in found:
            known = ", ".join(found) or "none yet"
            raise UsageError(
                f"There is no tenant profile {name!r}.",
                fix=f"{meant(name, list(found))}Known: {known}. `mailgrant tenants add` makes one; "
                "`practice` is the practice tenant, `env` takes AZURE_... variables.",
            )
        return found[name]

    def default(self) -> Profile | None:
        """Find the one marked default."""
        return next((profile for profile in self.all() if profile.default), None)

    def put(self, profile: Profile) -> None:
        """Write one, new or changed; whatever else the file holds stays as it is."""
        others = [replace(each, default=False) for each in self.all() if each.default]
        for other in others if profile.default else ():
            if other.name != profile.name:
                self._write(other.name, _block(other))
        self._write(profile.name, _block(profile))

    def remove(self, name: str) -> None:
        """Take one out."""
        self.get(name)
        self._write(name, "")

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise HomeError(
                f"{self.path} can't be read: {error}.", fix="Correct it, or move it away."
            ) from error

    def _write(self, name: str, block: str) -> None:
        before = self._text()
        text = _replaced(before, name, block)
        wanted = dict(_parsed(before, self.path))
        wanted.pop(name, None)
        wanted |= tomllib.loads(block)
        if _parsed(text, self.path) != wanted:
            raise UsageError(
                f"{self.path} is written in a way that mailgrant doesn't dare to change.",
                fix=f"Change the table [{name}] there by hand.",
            )
        make_private_folder(self.path.parent)
        write_private(self.path, text.encode())


def checked_name(name: str) -> str:
    """Refuse a name that can't stand in a command line, or means something else there."""
    if not NAME.fullmatch(name) or name in (PRACTICE, ENVIRONMENT):
        raise UsageError(
            f"{name!r} can't be the name of a tenant profile.",
            fix=f"Use a-z, 0-9 and hyphens, 40 at most; not {PRACTICE} and not {ENVIRONMENT}.",
        )
    return name


def can_begin(text: str) -> bool:
    """Tell whether names of apps, groups and assignments may begin with this; nothing may, too."""
    return not text or bool(BEGIN.fullmatch(text))


def _parsed(text: str, path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}.", fix="Correct that line.") from error


def _profile(name: str, table: Any, path: Path) -> Profile:
    """Make a profile of a table; anything that isn't known is a mistake."""
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} stands outside of a table.", fix="Put it below a [name].")
    kinds = {field.name: field.type for field in fields(Profile) if field.name != "name"}
    for key, value in table.items():
        if key not in kinds:
            raise UsageError(
                f"{path}: [{name}] says {key}, which isn't known.",
                fix=f"{meant(key, list(kinds))}Known: {', '.join(kinds)}.",
            )
        if not _fits(value, kinds[key]):
            raise UsageError(
                f"{path}: [{name}] {key} is of the wrong kind.", fix="See `mailgrant tenants show`."
            )
    if not table.get("tenant"):
        raise UsageError(f"{path}: [{name}] lacks tenant.", fix="Add it, or make the profile anew.")
    values = {**table, "consented": tuple(table.get("consented", ()))}
    profile = Profile(name=checked_name(name), **values)
    _judge(profile, path)
    return profile


def _fits(value: object, kind: object) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if kind is str or kind is SignIn:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _judge(profile: Profile, path: Path) -> None:
    rules = (
        (bool(GUID.fullmatch(profile.tenant)), "tenant is no id (a GUID in small letters)"),
        (profile.cloud in (*CLOUDS, PRACTICE), f"cloud is none of {', '.join(CLOUDS)}"),
        (profile.sign_in in get_args(SignIn), f"sign_in is none of {', '.join(get_args(SignIn))}"),
        (
            profile.sign_in == "quick" or bool(profile.client),
            f"sign_in = {profile.sign_in} needs a client",
        ),
        (
            profile.by_person or bool(profile.kept),
            f"sign_in = {profile.sign_in} needs kept, a file in keep",
        ),
        (
            bool(profile.reader) == bool(profile.reader_kept),
            "reader and reader_kept belong together",
        ),
    )
    begins = (profile.apps, profile.groups, profile.assignments)
    names = [(can_begin(begin), f"{begin!r} {NO_BEGINNING}") for begin in begins]
    for holds, why in (*rules, *names):
        if not holds:
            raise UsageError(
                f"{path}: [{profile.name}] {why}.", fix="Correct it, or make the profile anew."
            )


# ---- writing one table and leaving the rest alone ----


def _block(profile: Profile) -> str:
    """Write a profile as a table; a JSON text is a TOML text too."""
    lines = [f"[{profile.name}]"]
    for field in fields(profile):
        value = getattr(profile, field.name)
        if field.name != "name" and value != field.default:
            lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _replaced(text: str, name: str, block: str) -> str:
    """Put a block in the place of a table, or behind the last one."""
    lines = text.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if HEADER.match(line)]
    begin = next(
        (n for n in heads if re.match(rf"\s*\[{re.escape(name)}\]\s*(#.*)?$", lines[n])), None
    )
    if begin is None:
        ended = text if not text or text.endswith("\n") else f"{text}\n"
        return f"{ended or TOP}\n{block}" if block else text
    end = next((n for n in heads if n > begin), len(lines))
    while end > begin + 1 and (
        not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")
    ):
        end -= 1  # a comment above the next table belongs to that one
    return "".join([*lines[:begin], block, *lines[end:]])

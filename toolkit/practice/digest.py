"""What the live objects of the world mean, as one digest: equal meaning, equal digest.

Ids that the service made are replaced by names, and left out where they only identify; times,
counters and soft-deleted things don't count. Two objects of equal meaning count as two.
"""

import base64
import hashlib
import json
import re
from typing import Any

from toolkit.practice.store import Body, Store

# What replicas, caches and vendors remember, and what lies in the recycle bin, is no object of the
# tenant.
ASIDE = {
    "deletedItem",
    "permissionCache",
    "signIn",
    "signInActivity",
    "signInFailure",
    "signInReplica",
    "signInTicket",
    "vendor",
}
# Server-made ids, times and secrets; keys of certificates and secrets get a form of their own.
LEFT_OUT = {
    "_password",
    "_secrets",
    "_sessions_from",
    "changeKey",
    "createdDateTime",
    "createdByAppId",
    "deletedDateTime",
    "ExchangeGuid",
    "Guid",
    "iCalUId",
    "Identity",
    "keyId",
    "lastModifiedDateTime",
    "lastPasswordChangeDateTime",
    "onPremisesLastSyncDateTime",
    "renewedDateTime",
    "securityIdentifier",
    "signInSessionsValidFromDateTime",
    "webLink",
    "WhenChanged",
    "WhenCreated",
}
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# How a thing is called, by kind: the first of these that it has.
NAMES = {
    "application": ("uniqueName", "displayName"),
    "servicePrincipal": ("displayName",),
    "user": ("userPrincipalName",),
    "group": ("mail", "displayName"),
}


def digest(store: Store) -> str:
    """Compute the digest of a world."""
    names = _names(store)
    kinds = [str(kind) for (kind,) in store.execute("select distinct kind from object order by 1")]
    lines = [
        json.dumps([kind, _meaning(_keys_by_meaning(body), names)], sort_keys=True)
        for kind in kinds
        if kind not in ASIDE
        for body in store.all(kind, shared=True)
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _names(store: Store) -> dict[str, str]:
    names: dict[str, str] = {}
    for kind, properties in NAMES.items():
        for body in store.all(kind, shared=True):
            name = next(str(body[one]) for one in (*properties, "id") if body.get(one))
            names[body["id"].lower()] = f"{kind} {name}"
            if kind == "application":
                names[body["appId"].lower()] = f"app {name}"
    return names


def _keys_by_meaning(body: Body) -> Body:
    shown = {key: value for key, value in body.items() if key != "id"}
    if body.get("keyCredentials"):
        shown["keyCredentials"] = [_thumbprint(entry) for entry in body["keyCredentials"]]
    if body.get("passwordCredentials"):
        shown["passwordCredentials"] = [
            f"{entry.get('displayName')} {entry.get('hint')}"
            for entry in body["passwordCredentials"]
        ]
    if "scope" in body and "consentType" in body:
        shown["scope"] = str(body["scope"]).split()
    return shown


def _thumbprint(entry: Body) -> str:
    data = base64.b64decode(entry.get("key") or entry.get("customKeyIdentifier") or "")
    return f"{entry.get('usage')} {hashlib.sha1(data, usedforsecurity=False).hexdigest()}"


def _meaning(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {key: _meaning(one, names) for key, one in value.items() if key not in LEFT_OUT}
        # Absent, null and empty say the same.
        return {key: one for key, one in kept.items() if one not in (None, "", [], {})}
    if isinstance(value, list):
        return sorted((_meaning(one, names) for one in value), key=json.dumps)
    if isinstance(value, str):
        return UUID.sub(lambda found: names.get(found.group().lower(), found.group()), value)
    return value

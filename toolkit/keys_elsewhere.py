"""Certificates and client secrets of a set-up that are on its application, their other half not here."""

from collections.abc import Callable
from dataclasses import replace

from toolkit.certificates import thumbprint_of
from toolkit.state import Change, State
from toolkit.steps.base import Mark
from toolkit.steps.client_secret import ClientSecret
from toolkit.survey import Survey
from toolkit.systems import graph_secrets
from toolkit.systems.tenant import Tenant

IDS = ("app", "thumbprint", "key_id")
"""What says which one it is."""


def with_keys_elsewhere(survey: Survey, mark: Mark, app: str, tenant: Tenant) -> Survey:
    """Take what another computer made, or somebody by hand, for what it is: there, its key not here."""
    changes = []
    for planned in survey.changes:
        look = LOOKS.get(planned.do) if planned.change.verb == "create" else None
        state = look(mark, app, tenant) if look else None
        if state:
            survey.known.update({f"{planned.name}.{key}": value for key, value in state.items()})
            kept = {key: value for key, value in state.items() if key in IDS}
            changes.append(replace(planned, change=Change(state, kept)))
        else:
            changes.append(planned)
    return replace(survey, changes=tuple(changes))


def _certificate(mark: Mark, app: str, tenant: Tenant) -> State | None:
    """Look for the certificate of this set-up that ends last."""
    theirs = [
        entry
        for entry in tenant.graph.certificates(app) or ()
        if entry.get("displayName") == mark.name and entry.get("customKeyIdentifier")
    ]
    if not theirs:
        return None
    last = max(theirs, key=lambda entry: str(entry.get("endDateTime")))
    return {
        "app": app,
        "thumbprint": thumbprint_of(last["customKeyIdentifier"]),
        "subject": str(last["displayName"]),
        "not_after": str(last.get("endDateTime"))[:10],
    }


def _secret(mark: Mark, app: str, tenant: Tenant) -> State | None:
    """Look for the client secret of this set-up that was made last."""
    step = ClientSecret(mark=mark, app=app)
    theirs = [entry for entry in graph_secrets.listed(tenant, app) or () if step.nonce(entry)]
    if not theirs:
        return None
    last = max(theirs, key=lambda entry: str(entry.get("startDateTime")))
    return {
        "app": app,
        "key_id": str(last["keyId"]),
        "name": str(last["displayName"]),
        "not_after": str(last.get("endDateTime"))[:10],
    }


LOOKS: dict[str, Callable[[Mark, str, Tenant], State | None]] = {
    "certificate": _certificate,
    "client_secret": _secret,
}

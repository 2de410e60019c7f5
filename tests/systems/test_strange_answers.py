"""Whatever comes back, mailgrant says a sentence: no traceback, no wrong idea of what is there."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems.liar import Liar, Says, says
from toolkit.errors import MailgrantError, UnreachableError
from toolkit.systems.tenant import Tenant

Verb = Callable[[Tenant], object]
USER = "mette.jansen@northbridge.example"
READS: dict[str, Verb] = {
    "organization": lambda t: t.graph.organization(),
    "applications named": lambda t: t.graph.applications_named(
        "mailgrant-x", "X", "mailgrant:none:prod"
    ),
    "application": lambda t: t.graph.application_by_client_id("app"),
    "certificates": lambda t: t.graph.certificates("app"),
    "service principal": lambda t: t.graph.service_principal("app"),
    "grants": lambda t: t.graph.granted_roles("principal"),
    "deleted": lambda t: t.graph.deleted_applications("mailgrant-x"),
    "owners": lambda t: t.graph.owners("object"),
    "user": lambda t: t.graph.user_id(USER),
    "policy": lambda t: t.graph.longest_certificate_days(),
    "recipient": lambda t: t.exchange.find("Get-Recipient", Identity=USER),
    "members": lambda t: t.exchange.run("Get-DistributionGroupMember", Identity="g"),
    "assignment": lambda t: t.exchange.find("Get-ManagementRoleAssignment", Identity="a"),
    "pointer": lambda t: t.exchange.find("Get-ServicePrincipal", Identity="a"),
    "test": lambda t: t.exchange.run("Test-ServicePrincipalAuthorization", Identity="a"),
}
VERBS: dict[str, Verb] = {
    **READS,
    "last sign-in": lambda t: t.graph.last_sign_in("app"),
    "register": lambda t: t.graph.upsert_application("mailgrant-x", {"display_name": "X"}),
    "make": lambda t: t.graph.create_service_principal("app", [], ""),
    "grant": lambda t: t.graph.grant_role(*3 * ["0f8fad5b-d9cb-469f-a165-70867728950e"]),
    "delete": lambda t: t.graph.delete_application("object", "app"),
    "new group": lambda t: t.exchange.run("New-DistributionGroup", Name="x"),
}
NAMES = st.sampled_from(
    (
        "value", "id", "appId", "error", "code", "message", "details", "innererror",
        "internalException", "keyCredentials", "keyId", "endDateTime", "customKeyIdentifier",
        "appRoles", "tags", "resourceId", "appRoleId", "isEnabled", "applicationRestrictions",
        "@odata.nextLink", "@adminapi.warnings", "Name", "Role", "ObjectId", "AppId",
        "RecipientTypeDetails", "verifiedDomains", "name", "requiredResourceAccess",
    )
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ("2026-11-20T10:00:00Z", "2026-11-20", "https://example.org/", "Request_ResourceNotFound")
    )
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)
STATUSES = st.sampled_from(
    (200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 418, 429, 500)
)


def answers(body: Any, status: int) -> Says:
    return Says(204) if status == 204 else says(body, status)


@pytest.mark.parametrize("verb", VERBS)
@given(body=JSON, status=STATUSES)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_json_gives_a_result_or_a_sentence(
    believer: Tenant, liar: Liar, verb: str, body: Any, status: int
):
    liar.answer = lambda heard: answers(body, status)

    with contextlib.suppress(MailgrantError):
        VERBS[verb](believer)


STRANGE = {
    "nothing": Says(200),
    "a list": says([]),
    "null": says(None),
    "a number": says(5),
    "a text": says("fine"),
    "an empty object": says({}),
    "value is null": says({"value": None}),
    "value is an object": says({"value": {}}),
    "rows are texts": says({"value": ["x"]}),
    "rows are empty": says({"value": [{}], "id": None}),
    "types are wrong": says({"value": [{"id": 5}], "id": 5, "appId": 5, "isEnabled": "yes"}),
    "half of it": Says(200, b'{"value": [{"id": "1"', {"content-type": "application/json"}),
    "a page": Says(200, b"<!DOCTYPE html><p>Sign in to the network", {"content-type": "text/html"}),
    "bytes": Says(200, bytes(range(256))),
    "too deep": Says(200, b"[" * 100_000),
    "false gzip": Says(200, b"no gzip", {"content-encoding": "gzip"}),
    "NULs": Says(200, bytes(1000)),
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("verb", sorted(set(READS) - {"members"}))
def test_a_strange_answer_never_means_that_nothing_is_there(
    believer: Tenant, liar: Liar, verb: str, strange: str
):
    liar.answer = lambda heard: STRANGE[strange]

    with pytest.raises(UnreachableError) as caught:
        READS[verb](believer)

    assert caught.value.fix


@pytest.mark.parametrize("content", [b"x", b"[", b'{"value": ['])
def test_fifty_megabytes_of_nonsense_end_in_a_sentence(
    believer: Tenant, liar: Liar, content: bytes
):
    big = Says(200, content + b" " * 50_000_000 + b"x")
    liar.answer = lambda heard: big

    with pytest.raises(UnreachableError) as caught:
        believer.graph.organization()

    assert len(caught.value.message) < 400


def test_a_long_list_is_read_to_its_end(believer: Tenant, liar: Liar):
    rows = [{"id": str(number), "filler": "x" * 1000} for number in range(40_000)]
    liar.answer = lambda heard: says({"value": rows})

    assert len(believer.graph.owners("object")) == 40_000


def test_what_graph_adds_is_no_trouble(believer: Tenant, liar: Liar):
    new = {"id": "1", "displayName": "N", "verifiedDomains": [{"name": "n", "flavour": "mint"}]}
    liar.answer = lambda heard: says({"value": [{**new, "unheardOf": {"a": [1]}}], "@new": 1})

    assert believer.graph.organization()["unheardOf"] == {"a": [1]}

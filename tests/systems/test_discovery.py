"""Whose tenant it is, and in which cloud: told before anybody signs in."""

import pytest

from tests.systems.conftest import Told
from tests.systems.liar import TENANT, Liar, Says, says
from toolkit.errors import RefusedError, UnreachableError
from toolkit.systems.clouds import CLOUDS
from toolkit.systems.discovery import discover


def document(liar: Liar, **changes: str) -> Says:
    return says({**liar._document(), "issuer": f"{liar.url}/{TENANT}/v2.0", **changes})


def test_a_domain_is_whose_the_service_says(liar: Liar, told: Told):
    liar.discovery = lambda heard: document(liar, msgraph_host=liar.url.removeprefix("https://"))

    assert discover(liar.cloud, "northbridge.example", prompts=told).tenant_id == TENANT


@pytest.mark.parametrize("name", sorted(CLOUDS))
def test_a_tenant_of_another_cloud_is_refused_with_the_right_one(liar: Liar, told: Told, name: str):
    graph = CLOUDS[name].graph.removeprefix("https://")
    liar.discovery = lambda heard: document(liar, msgraph_host=graph)

    with pytest.raises(RefusedError, match=f"lies in cloud {name}") as caught:
        discover(liar.cloud, "contoso.example", prompts=told)

    assert caught.value.fix == f"Add --cloud {name}."


def test_a_cloud_that_nobody_knows_is_said_to_be(liar: Liar, told: Told):
    liar.discovery = lambda heard: document(liar, msgraph_host="graph.example")

    with pytest.raises(RefusedError, match=r"a cloud with graph\.example"):
        discover(liar.cloud, "contoso.example", prompts=told)


def test_no_tenant_is_told_with_the_other_clouds(liar: Liar, told: Told):
    refusal = {"error": "invalid_tenant", "error_codes": [90002]}
    liar.discovery = lambda heard: says(refusal, 400)

    with pytest.raises(RefusedError, match="knows no tenant") as caught:
        discover(liar.cloud, "contoso.example", prompts=told)

    assert "There is no such tenant" in caught.value.fix
    assert all(name in caught.value.fix for name in CLOUDS)


@pytest.mark.parametrize("body", [{}, {"issuer": 7, "token_endpoint": "x"}, []])
def test_what_is_no_discovery_is_no_traceback(liar: Liar, told: Told, body: object):
    liar.discovery = lambda heard: says(body)

    with pytest.raises(UnreachableError):
        discover(liar.cloud, "contoso.example", prompts=told)

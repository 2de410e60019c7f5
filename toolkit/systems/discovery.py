"""Whose tenant a domain or an id is, and in which cloud: OpenID discovery, which needs no sign-in."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from toolkit.clock import SystemClock
from toolkit.errors import RefusedError, UnreachableError
from toolkit.systems import http, retry
from toolkit.systems.aadsts import advice
from toolkit.systems.clouds import CLOUDS, Cloud
from toolkit.systems.prompts import Prompts, Silence
from toolkit.systems.retry import PROXY, Kind
from toolkit.systems.shapes import misfit
from toolkit.systems.sign_in import SERVICE, codes_of
from toolkit.systems.wire import Loop, Meter, Reply, reply

DOCUMENT = {"issuer": str, "token_endpoint": str, "msgraph_host?": str, "cloud_instance_name?": str}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GOOD = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """What discovery says of a tenant; `date` is the Date header of the answer."""

    tenant_id: str
    date: str = ""


def discover(
    cloud: Cloud, name: str, *, prompts: Prompts | None = None, patient: bool = True
) -> Found:
    """Tell a tenant's id by one of its domains, or confirm its id.

    Raises RefusedError where there is no such tenant, or where it lies in another cloud. `patient`
    asks again where no answer comes. Source: learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
    """
    loop = Loop()
    try:
        answer = retry.send(
            lambda: loop.run(_ask(cloud, name, patient=patient)),
            kind=Kind.READ,
            service=SERVICE,
            clock=SystemClock(),
            meter=Meter(),
            prompts=prompts or Silence(),
        )
    finally:
        loop.close()
    if answer.status != GOOD:
        raise _refused(cloud, name, answer)
    if words := misfit(answer.body, DOCUMENT):
        raise UnreachableError(
            f"{SERVICE} answered discovery with something that can't be read: {words}.", fix=PROXY
        )
    _same_cloud(cloud, name, answer)
    found = GUID.search(urlsplit(answer.body["issuer"]).path.lower())
    if found is None:
        raise UnreachableError(f"{SERVICE} doesn't say whose tenant {name} is.", fix=PROXY)
    return Found(tenant_id=found[0], date=answer.headers.get("date", ""))


async def _ask(cloud: Cloud, name: str, *, patient: bool) -> Reply:
    import httpx

    url = f"{cloud.login}/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
    async with http.client(cloud) as client:
        try:
            response = await client.get(url)
        except httpx.HTTPError as error:
            silence = http.silence(error, SERVICE)
            silence.tries = silence.tries if patient else 1
            raise silence from error
        return reply(response.status_code, dict(response.headers), response.content)


def _refused(cloud: Cloud, name: str, answer: Reply) -> RefusedError:
    body = answer.body if isinstance(answer.body, dict) else {}
    return RefusedError(
        f"{SERVICE} of cloud {cloud.name} knows no tenant {name}.",
        fix=advice(codes_of(body)) + " Other clouds: " + ", ".join(CLOUDS) + ".",
    )


def _same_cloud(cloud: Cloud, name: str, answer: Reply) -> None:
    """Refuse a tenant of another cloud: each answers for some of the others' tenants too."""
    graph = str(answer.body.get("msgraph_host") or "")
    ours = urlsplit(cloud.graph).netloc
    if not graph or graph == ours:
        return
    right = next(
        (each.name for each in CLOUDS.values() if urlsplit(each.graph).netloc == graph), ""
    )
    raise RefusedError(
        f"The tenant {name} lies in {f'cloud {right}' if right else f'a cloud with {graph}'}, not in {cloud.name}.",
        fix=f"Add --cloud {right}." if right else "mailgrant doesn't know that cloud.",
    )

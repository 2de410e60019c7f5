"""Where a cloud's services answer: the only place with endpoints."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The endpoints of one Microsoft cloud.

    `ca_file` is the only authority to trust (the practice tenant's own); None means the public
    ones, as certifi lists them. `login_alias` is the other name of the login host. `tested` says whether mailgrant has ever been run against it in its own tests.
    Source: learn.microsoft.com/graph/deployments, and
    learn.microsoft.com/exchange/reference/admin-api-get-started for the Exchange hosts.
    """

    name: str
    login: str
    graph: str
    exchange: str
    initial_domain: str
    ca_file: Path | None = None
    login_alias: str = ""
    tested: bool = False

    @property
    def practice(self) -> bool:
        """Tell whether it is the tenant on this machine."""
        return self.name == "practice"

    @property
    def graph_scope(self) -> str:
        """The scope that asks for everything granted on Microsoft Graph."""
        return f"{self.graph}/.default"

    @property
    def exchange_scope(self) -> str:
        """The scope that asks for everything granted on Exchange Online."""
        return f"{self.exchange}/.default"


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="global",
            login="https://login.microsoftonline.com",
            graph="https://graph.microsoft.com",
            exchange="https://outlook.office365.com",
            initial_domain="onmicrosoft.com",
        ),
        Cloud(
            name="us-gov-high",
            login="https://login.microsoftonline.us",
            graph="https://graph.microsoft.us",
            exchange="https://outlook.office365.us",
            initial_domain="onmicrosoft.us",
        ),
        Cloud(
            name="us-dod",
            login="https://login.microsoftonline.us",
            graph="https://dod-graph.microsoft.us",
            exchange="https://outlook-dod.office365.us",
            initial_domain="onmicrosoft.us",
        ),
        Cloud(
            name="china",
            login="https://login.chinacloudapi.cn",
            graph="https://microsoftgraph.chinacloudapi.cn",
            exchange="https://outlook.office365.cn",
            initial_domain="partner.onmschina.cn",
            login_alias="https://login.partner.microsoftonline.cn",
        ),
    )
}

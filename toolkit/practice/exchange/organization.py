"""The cmdlets about the organisation: its settings, domains and administrative units."""

import uuid
from collections.abc import Mapping

from toolkit.practice.exchange import configuration_objects
from toolkit.practice.exchange.cmdlet_call import BINDING, Call, Cmdlet, CmdletError, Result
from toolkit.practice.exchange.configuration_objects import UNMODIFIED
from toolkit.practice.store import Body

SETTINGS = ("EwsEnabled", "EwsAllowedAppIDs")
NOT_DONE_YET = "Microsoft.Exchange.Management.OrganizationTaskException"
NOT_NEEDED = "System.InvalidOperationException"


def get_organization_config(call: Call) -> Result:
    """Answer Get-OrganizationConfig; the apps let into EWS come only when asked for."""
    body = call.world.store.all("organization")[0]
    settings = body.get("_exchange") or {}
    row = {
        "Name": body["displayName"],
        "Identity": body["displayName"],
        "DisplayName": body["displayName"],
        "Guid": body["id"],
        "DistributionGroupNamingPolicy": call.world.store.setting("naming_policy", ""),
        "EnforceExoAppRbacPermissions": False,
        "EwsEnabled": settings.get("EwsEnabled"),
        "IsDehydrated": call.world.store.setting("dehydrated", False),
    }
    if call.flag("RetrieveEwsOperationAccessPolicy"):
        row["EwsAllowedAppIDs"] = settings.get("EwsAllowedAppIDs")
    return Result(rows=[row])


def set_organization_config(call: Call) -> Result:
    """Answer Set-OrganizationConfig: the two switches of EWS; null takes a setting back."""
    body = call.world.store.all("organization")[0]
    given = {name: call.given[name] for name in SETTINGS if name in call.given}
    for app in filter(None, (given.get("EwsAllowedAppIDs") or "").split(",")):
        _check_app_id(app.strip())
    settings = (body.get("_exchange") or {}) | given
    kept = {name: value for name, value in settings.items() if value not in (None, "")}
    after = body | {"_exchange": kept}
    if not kept:
        after.pop("_exchange")
    if after == body:
        return Result(warnings=(UNMODIFIED.format(body["displayName"]),))
    if not call.flag("WhatIf"):
        call.world.put("organization", body["id"], after)
    return Result()


def enable_organization_customization(call: Call) -> Result:
    """Answer Enable-OrganizationCustomization: the first try fails, and there is no way back.

    Source: github.com/MicrosoftDocs/microsoft-365-docs/issues/7403 and 7530
    """
    store = call.world.store
    if not store.setting("dehydrated", False):
        raise CmdletError(
            NOT_NEEDED,
            "This operation is not required. Organization is already enabled for customization.",
        )
    if not call.flag("WhatIf"):
        tried = store.setting("hydration_tried", False)
        store.set_setting("hydration_tried", not tried)
        if not tried:
            raise CmdletError(
                NOT_DONE_YET,
                "The organization couldn't be customized. Please try again later.",
                begun=True,
            )
        store.set_setting("dehydrated", False)
    return Result()


def get_accepted_domain(call: Call) -> Result:
    """Answer Get-AcceptedDomain."""
    rows: list[Body] = [
        {
            "Name": one["id"],
            "Identity": one["id"],
            "DomainName": one["id"],
            "DomainType": "Authoritative",
            "Default": one.get("isDefault") is True,
            "InitialDomain": one.get("isInitial") is True,
        }
        for one in call.world.all_seen("domain")
        if one.get("isVerified")
    ]
    return Result(rows=configuration_objects.asked(call, rows, lambda row: (row["Name"],)))


def get_administrative_unit(call: Call) -> Result:
    """Answer Get-AdministrativeUnit."""
    rows: list[Body] = [
        {
            "Name": one["id"],
            "Identity": one["id"],
            "DisplayName": one["displayName"],
            "ExternalDirectoryObjectId": one["id"],
            "Guid": one["id"],
        }
        for one in call.world.all_seen("administrativeUnit")
    ]

    def names(row: Body) -> tuple[str, str]:
        return row["Guid"], row["DisplayName"]

    return Result(rows=configuration_objects.asked(call, rows, names))


def _check_app_id(app: str) -> None:
    try:
        uuid.UUID(app)
    except ValueError as error:
        raise CmdletError(
            BINDING, f"The value '{app}' of EwsAllowedAppIDs isn't the id of an app."
        ) from error


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-OrganizationConfig": get_organization_config,
    "Set-OrganizationConfig": set_organization_config,
    "Enable-OrganizationCustomization": enable_organization_customization,
    "Get-AcceptedDomain": get_accepted_domain,
    "Get-AdministrativeUnit": get_administrative_unit,
}

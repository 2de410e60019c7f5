"""The world as it is when it is made: Northbridge University, the same on every machine."""

import time
from datetime import timedelta

from toolkit.practice.seed import (
    accounts,
    administrators,
    apps,
    first_party,
    groups,
    scopes,
    units,
)
from toolkit.practice.seed.entries import MICROSOFT, principal_id, service_principal
from toolkit.practice.seed.people import (
    DOMAIN,
    ENTERPRISE,
    INITIAL_DOMAIN,
    ORGANIZATION,
    STUDENT,
    STUDENT_DOMAIN,
    TENANT_ID,
    everybody,
)
from toolkit.practice.seed.permissions import (
    AZURE,
    EXCHANGE,
    GRAPH,
    WINDOWS_AZURE_AD,
    app_roles,
    permission_scopes,
)
from toolkit.practice.store import Body
from toolkit.practice.world import World

SETTINGS = {
    "ca_block": "none",
    "consent": "users",
    "dehydrated": False,
    "lag": {"reads": 2, "seconds": 4},
    "mfa": "on",
    "permission_cache": True,
    "security_defaults": False,
    "sign_in_report_seconds": 0,
    "sts_lag_seconds": 10,
}
RESOURCES = {
    GRAPH: ("Microsoft Graph", "https://graph.microsoft.com"),
    EXCHANGE: ("Office 365 Exchange Online", "https://outlook.office365.com"),
    WINDOWS_AZURE_AD: ("Windows Azure Active Directory", "https://graph.windows.net"),
    AZURE: ("Windows Azure Service Management API", "https://management.core.windows.net/"),
}
# Service plans by id: learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
PLANS = {
    "AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "EXCHANGE_S_ENTERPRISE": "efb87545-963c-4e0d-99df-69c6916d9eb0",
    "EXCHANGE_S_STANDARD": "9aaf7827-d63c-4b61-89c3-182f06f82e5c",
    "SHAREPOINTENTERPRISE": "5dbe027f-2339-4123-9542-606e4d348a72",
    "TEAMS1": "57ff2da0-773e-42df-b2af-ffb7a2317929",
    "OFFICESUBSCRIPTION": "43de0ff5-c92c-492b-9116-175376d08c38",
}
# Part number: id, free units, plans.
SKUS = {
    "AAD_PREMIUM": ("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", 25, ("AAD_PREMIUM",)),
    "ENTERPRISEPACK": (
        ENTERPRISE,
        3,
        ("EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "TEAMS1", "OFFICESUBSCRIPTION"),
    ),
    "EXCHANGESTANDARD": (
        "4b9405b0-7788-4568-add1-99614e613b69",
        5,
        ("EXCHANGE_S_STANDARD",),
    ),
    "STANDARDWOFFPACK_STUDENT": (STUDENT, 0, ("EXCHANGE_S_STANDARD", "TEAMS1")),
}


def fill(world: World) -> None:
    """Put the university into an empty world, and commit it."""
    with world.store.transaction():
        now = time.time()
        world.store.set_setting("clock", (now, now, world.clock.speed))
        plant(world)


def plant(world: World) -> None:
    """Write the university down; ids are always the same, dates go by the world's clock."""
    for name, value in SETTINGS.items():
        world.store.set_setting(name, value)
    _organization(world)
    accounts.fill(world)
    groups.fill(world)
    units.fill(world)
    _licences(world)
    _resources(world)
    first_party.fill(world)
    apps.fill(world)
    administrators.fill(world)
    scopes.fill(world)


def _organization(world: World) -> None:
    domains = {DOMAIN: "default", INITIAL_DOMAIN: "initial", STUDENT_DOMAIN: "other"}
    body = {
        "id": TENANT_ID,
        "assignedPlans": [],
        "businessPhones": ["+31 20 555 0100"],
        "city": "Northbridge",
        "country": None,
        "countryLetterCode": "NL",
        "createdDateTime": world.stamp(timedelta(days=-3000)),
        "deletedDateTime": None,
        "displayName": ORGANIZATION,
        "onPremisesSyncEnabled": True,
        "preferredLanguage": "en",
        "provisionedPlans": [],
        "technicalNotificationMails": [f"it.support@{DOMAIN}"],
        "tenantType": "AAD",
        "verifiedDomains": [_verified(name, kind) for name, kind in domains.items()],
    }
    world.put("organization", TENANT_ID, body, lag=False)
    for name, kind in domains.items():
        world.put("domain", name, _domain(name, kind), lag=False)
    world.put("appManagementPolicy", "default", _policy(), lag=False)


def _verified(name: str, kind: str) -> Body:
    return {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": kind == "default",
        "isInitial": kind == "initial",
        "name": name,
        "type": "Managed",
    }


def _domain(name: str, kind: str) -> Body:
    return {
        "id": name,
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": kind == "default",
        "isInitial": kind == "initial",
        "isRoot": kind != "other",
        "isVerified": True,
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2147483647,
        "state": None,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    }


def _policy() -> Body:
    def restriction(kind: str, lifetime: str | None, state: str) -> Body:
        return {
            "excludeActors": None,
            "maxLifetime": lifetime,
            "restrictForAppsCreatedAfterDateTime": "2019-01-01T10:37:00Z",
            "restrictionType": kind,
            "state": state,
        }

    restrictions = {
        "passwordCredentials": [
            restriction("passwordAddition", None, "disabled"),
            restriction("passwordLifetime", "P180D", "enabled"),
        ],
        "keyCredentials": [restriction("asymmetricKeyLifetime", "P365D", "enabled")],
    }
    return {
        # The one policy of a tenant has this id everywhere.
        "id": "4f9428ab-d614-4792-8e04-d3dfd3c7fd40",
        "deletedDateTime": None,
        "applicationRestrictions": restrictions | {"identifierUris": _identifier_uris()},
        "description": "Default tenant policy that enforces app management restrictions.",
        "displayName": "Default app management tenant policy",
        "isEnabled": True,
        "servicePrincipalRestrictions": restrictions,
    }


def _identifier_uris() -> Body:
    return {
        "nonDefaultUriAddition": None,
        "uriAdditionWithoutUniqueTenantIdentifier": {
            "excludeActors": None,
            "excludeAppsReceivingV2Tokens": True,
            "excludeSaml": True,
            "isStateSetByMicrosoft": True,
            "restrictForAppsCreatedAfterDateTime": None,
            "state": "enabled",
        },
    }


def _licences(world: World) -> None:
    held = [person.sku for person in everybody()]
    for part, (sku, free, plans) in SKUS.items():
        body: Body = {
            "id": f"{TENANT_ID}_{sku}",
            "accountId": TENANT_ID,
            "accountName": INITIAL_DOMAIN.partition(".")[0],
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "consumedUnits": held.count(sku),
            "prepaidUnits": {
                "enabled": held.count(sku) + free,
                "lockedOut": 0,
                "suspended": 0,
                "warning": 0,
            },
            "servicePlans": [
                {
                    "appliesTo": "User",
                    "provisioningStatus": "Success",
                    "servicePlanId": PLANS[plan],
                    "servicePlanName": plan,
                }
                for plan in plans
            ],
            "skuId": sku,
            "skuPartNumber": part,
            "subscriptionIds": [],
        }
        world.put("subscribedSku", body["id"], body, lag=False)


def _resources(world: World) -> None:
    for app, (name, uri) in RESOURCES.items():
        body = service_principal(world, name, app, owner=MICROSOFT)
        body |= {
            "id": principal_id(app),
            "servicePrincipalNames": [app, uri],
            "tags": [],
        }
        body["appRoles"] = app_roles(app)
        body["oauth2PermissionScopes"] = permission_scopes(app)
        world.put("servicePrincipal", body["id"], body, lag=False)

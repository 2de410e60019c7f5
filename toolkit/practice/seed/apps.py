"""The apps of the practice university: its administrators, good ones, bad ones, decoys."""

from dataclasses import dataclass
from datetime import timedelta

from toolkit.practice.entra import activity
from toolkit.practice.passwords import known_secret
from toolkit.practice.seed.administrators import (
    APPLICATION_ADMINISTRATOR,
    EXCHANGE_ADMINISTRATOR,
    GLOBAL_READER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
)
from toolkit.practice.seed.entries import (
    add_foreign_certificate,
    add_secret,
    app_id,
    application,
    principal_id,
    service_principal,
)
from toolkit.practice.seed.people import known_id, user_id
from toolkit.practice.seed.permissions import (
    EXCHANGE,
    GRAPH,
    WINDOWS_AZURE_AD,
    role_id,
    scope_id,
)
from toolkit.practice.store import Body
from toolkit.practice.world import World

MANAGING = (
    "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All AuditLog.Read.All"
    " DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All Domain.Read.All"
    " Group.ReadWrite.All LicenseAssignment.ReadWrite.All Organization.Read.All Policy.Read.All"
    " RoleManagement.ReadWrite.Directory User.ReadWrite.All User.RevokeSessions.All"
)
READING = (
    "Application.Read.All AuditLog.Read.All DelegatedPermissionGrant.Read.All Directory.Read.All"
    " Group.Read.All LicenseAssignment.Read.All Organization.Read.All Policy.Read.All"
    " RoleManagement.Read.Directory User.Read.All"
)


@dataclass(frozen=True, kw_only=True)
class App:
    """An app, what it may do, and what it signs in with (certificates by first and last year).

    `azure_graph` are delegated permissions on Azure AD Graph; `registered` and `signed_in` are days
    ago, the second None where nothing is known of it.
    """

    name: str
    key: str
    graph: str = ""
    exchange: str = ""
    delegated: str = ""
    azure_graph: str = ""
    directory_roles: tuple[str, ...] = ()
    certificates: tuple[tuple[str, int, int], ...] = ()
    secret_days: int | None = None
    owner: str | None = None
    enabled: bool = True
    declared: bool = True
    registered: int = 300
    signed_in: int | None = None


# Registered by hand for the Outlook Calendar REST API, which ended in 2024. Somebody has granted it
# the same right on Microsoft Graph since, so that it still reaches every calendar.
OUTLOOK_REST = App(
    name="MyTimetable (Outlook REST)",
    key="outlook-rest",
    graph="Calendars.ReadWrite",
    exchange="Calendars.ReadWrite.All",
    azure_graph="User.Read",
    certificates=(("mytimetable.northbridge.example", 2022, 2032),),
    registered=1700,
    signed_in=2,
)
ADMINISTRATORS = (
    App(
        name="Practice Administrator",
        key="admin",
        graph=MANAGING,
        exchange="Exchange.ManageAsApp",
        directory_roles=(
            APPLICATION_ADMINISTRATOR,
            PRIVILEGED_ROLE_ADMINISTRATOR,
            EXCHANGE_ADMINISTRATOR,
        ),
        secret_days=3650,
    ),
    App(
        name="Practice Reader",
        key="reader",
        graph=READING,
        exchange="Exchange.ManageAsApp",
        directory_roles=(GLOBAL_READER,),
        secret_days=3650,
    ),
    App(
        name="Practice Half Administrator",
        key="half_admin",
        graph=MANAGING,
        directory_roles=(APPLICATION_ADMINISTRATOR,),
        secret_days=3650,
    ),
)
OTHERS = (
    App(
        name="Library Room Display",
        key="room-display",
        certificates=(("room-display", 2025, 2045),),
    ),
    App(name="Mail Archiver", key="archiver", graph="Mail.Read", secret_days=90),
    App(name="Survey Mailer", key="survey", graph="Mail.Read Mail.Send", secret_days=-40),
    App(
        name="Lecture Capture",
        key="capture",
        graph="Calendars.ReadWrite",
        certificates=(("capture.example", 2024, 2045),),
    ),
    App(name="Visitor Desk", key="visitors", graph="Calendars.Read", secret_days=120),
    App(
        name="Print Kiosk",
        key="kiosk",
        graph="User.Read.All",
        certificates=(("kiosk", 2019, 2021),),
    ),
    App(name="Room Booking EWS", key="ews", exchange="full_access_as_app", secret_days=200),
    App(name="Timetable 2019", key="rest", exchange="Calendars.ReadWrite.All", secret_days=-900),
    App(name="Old Exam Portal", key="exams", graph="Contacts.Read", enabled=False, secret_days=60),
    App(
        name="Course Planner",
        key="planner",
        delegated="Calendars.ReadWrite User.Read offline_access",
    ),
    App(
        name="MyTimetable",
        key="mytimetable",
        graph="Calendars.ReadWrite",
        certificates=(("mytimetable.northbridge.example", 2023, 2045), ("spare", 2020, 2022)),
        owner="exchange.admin",
    ),
    App(
        name="MyTimetable-prod (old)",
        key="mytimetable-old",
        graph="Calendars.ReadWrite MailboxSettings.ReadWrite",
        certificates=(("eveoh-2021", 2021, 2031),),
        secret_days=30,
    ),
    OUTLOOK_REST,
)
# A vendor's multi-tenant app: its registration lies in the vendor's own tenant.
VENDORS_APP = "Room Panels Cloud"
VENDORS_TENANT = "5d2f5a7c-0b1e-4c58-9f53-4f6f2f0a9f11"
DELETED = App(
    name="MyTimetable-prod",
    key="mytimetable-deleted",
    certificates=(("forgotten", 2022, 2042),),
    declared=False,
)


def fill(world: World) -> None:
    """Put the apps into the world, and the three administrators' secrets among its settings."""
    for app in (*ADMINISTRATORS, *OTHERS):
        body, principal = _app(world, app)
        world.put("application", body["id"], body, lag=False)
        world.put("servicePrincipal", principal["id"], principal, lag=False)
        _grant(world, app)
        _signed_in(world, app)
    for app in ADMINISTRATORS:
        entry = {"client_id": app_id(app.key), "client_secret": known_secret(app.key)}
        world.store.set_setting(app.key, entry)
    _delete(world, *_app(world, DELETED))
    vendors = service_principal(world, VENDORS_APP, "panels", owner=VENDORS_TENANT)
    world.put("servicePrincipal", vendors["id"], vendors | {"tags": ["vendor"]}, lag=False)


def _app(world: World, app: App) -> tuple[Body, Body]:
    body = application(world, app.name, app.key)
    principal = service_principal(world, app.name, app.key)
    for one in (body, principal):
        one["createdDateTime"] = world.stamp(timedelta(days=-app.registered))
    for name, start, end in app.certificates:
        add_foreign_certificate(body, name, start=start, end=end)
    if app.secret_days is not None:
        made = min(-30, app.secret_days - 180)
        add_secret(
            world, body, known_secret(app.key), name="seeded", days=app.secret_days, made=made
        )
    if app.declared:
        body["requiredResourceAccess"] = _declared(app)
    body["_owners"] = [user_id(app.owner)] if app.owner else []
    principal["accountEnabled"] = app.enabled
    return body, principal


def _declared(app: App) -> list[Body]:
    graph = [{"id": role_id(GRAPH, value), "type": "Role"} for value in app.graph.split()]
    graph += [{"id": scope_id(GRAPH, value), "type": "Scope"} for value in app.delegated.split()]
    exchange = [{"id": role_id(EXCHANGE, value), "type": "Role"} for value in app.exchange.split()]
    azure = [{"id": scope_id(WINDOWS_AZURE_AD, value), "type": "Scope"} for value in app.azure_graph.split()]  # fmt: skip
    wanted = ((GRAPH, graph), (EXCHANGE, exchange), (WINDOWS_AZURE_AD, azure))
    return [
        {"resourceAppId": resource, "resourceAccess": access}
        for resource, access in wanted
        if access
    ]


def _grant(world: World, app: App) -> None:
    for resource, values in ((GRAPH, app.graph), (EXCHANGE, app.exchange)):
        for value in values.split():
            body = assignment(world, app, resource, value)
            world.put("appRoleAssignment", body["id"], body, lag=False)
    for resource, scope in ((GRAPH, app.delegated), (WINDOWS_AZURE_AD, app.azure_graph)):
        if not scope:
            continue
        grant: Body = {
            "id": known_id(f"grant/{app.key}/{resource}"),
            "clientId": principal_id(app.key),
            "consentType": "AllPrincipals",
            "principalId": None,
            "resourceId": principal_id(resource),
            "scope": scope,
        }
        world.put("oauth2PermissionGrant", grant["id"], grant, lag=False)
    for role in app.directory_roles:
        holding = {
            "id": known_id(f"role/{app.key}/{role}"),
            "directoryScopeId": "/",
            "principalId": principal_id(app.key),
            "roleDefinitionId": role,
        }
        world.put("directoryRoleAssignment", holding["id"], holding, lag=False)


def _signed_in(world: World, app: App) -> None:
    if app.signed_in is not None:
        at = (world.now() - timedelta(days=app.signed_in)).timestamp()
        activity.remember(world, app_id(app.key), at)


def assignment(world: World, app: App, resource: str, value: str) -> Body:
    """Write the grant of an application permission to a seeded app."""
    names = {GRAPH: "Microsoft Graph", EXCHANGE: "Office 365 Exchange Online"}
    return {
        "id": known_id(f"appRoleAssignment/{app.key}/{resource}/{value}"),
        "appRoleId": role_id(resource, value),
        "createdDateTime": world.stamp(timedelta(days=-200)),
        "deletedDateTime": None,
        "principalDisplayName": app.name,
        "principalId": principal_id(app.key),
        "principalType": "ServicePrincipal",
        "resourceDisplayName": names[resource],
        "resourceId": principal_id(resource),
    }


def _delete(world: World, body: Body, principal: Body) -> None:
    deleted = world.stamp(timedelta(days=-9))
    for kind, one in (("application", body), ("servicePrincipal", principal)):
        entry = {
            "id": one["id"],
            "kind": kind,
            "deletedDateTime": deleted,
            "body": one | {"deletedDateTime": deleted},
        }
        world.put("deletedItem", entry["id"], entry, lag=False)

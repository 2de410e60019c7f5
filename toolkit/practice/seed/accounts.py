"""How a person is written down: a user object of Entra, with what Exchange knows beside it."""

from datetime import timedelta

from toolkit.practice.passwords import PRACTICE_PASSWORD, hashed
from toolkit.practice.seed import administrators
from toolkit.practice.seed.people import (
    DOMAIN,
    GUESTS,
    INITIAL_DOMAIN,
    Person,
    distinguished_name,
    everybody,
    known_id,
    user_id,
)
from toolkit.practice.store import Body
from toolkit.practice.world import World

ACCOUNT_AGE = timedelta(days=-700)
GUEST_DOMAIN = "partner.example"
RECIPIENT_TYPES = {"MailUser": "MailUser", "GuestMailUser": "MailUser"}


def fill(world: World) -> None:
    """Put everybody into the world."""
    whole = [*everybody(), *administrators.accounts()]
    bodies = [_user(world, person) for person in whole]
    bodies += [_guest(world, name) for name in GUESTS]
    for body in bodies:
        world.put("user", body["id"], body, lag=False)


def _user(world: World, person: Person) -> Body:
    address = f"{person.alias}@{person.domain}"
    on_premises = person.kind == "MailUser"
    body = _account(world, person.alias, person.name, address) | {
        "accountEnabled": person.enabled,
        "assignedLicenses": [{"disabledPlans": [], "skuId": person.sku}] if person.sku else [],
        "department": person.department,
        "givenName": person.given if person.surname else None,
        "jobTitle": person.title,
        "onPremisesSyncEnabled": True if on_premises else None,
        "onPremisesImmutableId": known_id(f"anchor/{person.alias}") if on_premises else None,
        "onPremisesSamAccountName": person.alias[:20] if on_premises else None,
        "preferredLanguage": person.language,
        "surname": person.surname or None,
        "usageLocation": person.country,
        "userPrincipalName": address,
    }
    if person.kind == "User":  # an account and nothing in Exchange
        return body | {"mail": None, "proxyAddresses": []}
    body["_exchange"] = _recipient(body, person.kind, person.language) | {
        "CustomAttribute1": person.role if person.kind in {"UserMailbox", "MailUser"} else "",
        "IsDirSynced": on_premises,
    }
    if on_premises:
        body["_exchange"]["ExternalEmailAddress"] = f"SMTP:{person.alias}@mail.{DOMAIN}"
    return body


def _guest(world: World, name: str) -> Body:
    alias = name.lower().replace(" ", ".")
    address = f"{alias}@{GUEST_DOMAIN}"
    body = _account(world, alias, name, address) | {
        "creationType": "Invitation",
        "externalUserState": "Accepted",
        "mailNickname": f"{alias}_{GUEST_DOMAIN}#EXT#",
        "proxyAddresses": [f"SMTP:{address}"],
        "userPrincipalName": f"{alias}_{GUEST_DOMAIN}#EXT#@{INITIAL_DOMAIN}",
        "userType": "Guest",
    }
    body["_exchange"] = _recipient(body, "GuestMailUser", "en-GB") | {
        "Alias": f"{alias}_{GUEST_DOMAIN}#EXT#",
        "ExternalEmailAddress": f"SMTP:{address}",
        "HiddenFromAddressListsEnabled": True,
    }
    return body


def _account(world: World, alias: str, name: str, address: str) -> Body:
    return {
        "id": user_id(alias),
        "accountEnabled": True,
        "assignedLicenses": [],
        "assignedPlans": [],
        "businessPhones": [],
        "companyName": None,
        "createdDateTime": world.stamp(ACCOUNT_AGE),
        "creationType": None,
        "deletedDateTime": None,
        "department": None,
        "displayName": name,
        "givenName": None,
        "jobTitle": None,
        "mail": address,
        "mailNickname": alias,
        "mobilePhone": None,
        "officeLocation": None,
        "onPremisesSyncEnabled": None,
        "otherMails": [],
        "preferredLanguage": None,
        "proxyAddresses": [f"SMTP:{address}", f"smtp:{alias}@{INITIAL_DOMAIN}"],
        "surname": None,
        "usageLocation": None,
        "userPrincipalName": address,
        "userType": "Member",
        "_password": hashed(PRACTICE_PASSWORD),
        "_second_factor": alias in administrators.second_factors(),
    }


def _recipient(body: Body, kind: str, language: str) -> Body:
    name = body["mailNickname"]
    return {
        "Alias": name,
        "CustomAttribute1": "",
        "DisplayName": body["displayName"],
        "DistinguishedName": distinguished_name(name),
        "EmailAddresses": body["proxyAddresses"],
        "ExternalDirectoryObjectId": body["id"],
        "Guid": known_id(f"recipient/{body['id']}"),
        "HiddenFromAddressListsEnabled": False,
        "IsDirSynced": False,
        "Language": language,
        "Name": name,
        "PrimarySmtpAddress": body["mail"],
        "RecipientType": RECIPIENT_TYPES.get(kind, "UserMailbox"),
        "RecipientTypeDetails": kind,
    }

"""How applications, service principals and their keys are written down in the practice world."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from toolkit.practice.passwords import hashed
from toolkit.practice.seed.people import DOMAIN, TENANT_ID, known_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
APP_AGE = timedelta(days=-300)
NO_INFO = dict.fromkeys(
    ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
)
NO_PUBLISHER = {"addedDateTime": None, "displayName": None, "verifiedPublisherId": None}


def application(world: World, name: str, key: str) -> Body:
    """Write an application as Graph shows one that nobody has configured."""
    return {
        "id": known_id(f"application/{key}"),
        "addIns": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
            "requestedAccessTokenVersion": 2,
        },
        "appId": app_id(key),
        "appRoles": [],
        "applicationTemplateId": None,
        "createdDateTime": world.stamp(APP_AGE),
        "deletedDateTime": None,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": name,
        "groupMembershipClaims": None,
        "identifierUris": [],
        "info": NO_INFO,
        "isFallbackPublicClient": None,
        "keyCredentials": [],
        "notes": None,
        "optionalClaims": None,
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "publicClient": {"redirectUris": []},
        "publisherDomain": DOMAIN,
        "requiredResourceAccess": [],
        "serviceManagementReference": None,
        "signInAudience": "AzureADMyOrg",
        "spa": {"redirectUris": []},
        "tags": [],
        "tokenEncryptionKeyId": None,
        "uniqueName": None,
        "verifiedPublisher": NO_PUBLISHER,
        "web": {
            "homePageUrl": None,
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": False,
                "enableIdTokenIssuance": False,
            },
            "logoutUrl": None,
            "redirectUriSettings": [],
            "redirectUris": [],
        },
        "_owners": [],
        "_secrets": {},
    }


def service_principal(world: World, name: str, key: str, *, owner: str = TENANT_ID) -> Body:
    """Write a service principal as Graph shows one; `owner` is its home tenant."""
    return {
        "id": principal_id(key),
        "accountEnabled": True,
        "addIns": [],
        "alternativeNames": [],
        "appDescription": None,
        "appDisplayName": name,
        "appId": app_id(key),
        "appOwnerOrganizationId": owner,
        "appRoleAssignmentRequired": False,
        "appRoles": [],
        "applicationTemplateId": None,
        "createdDateTime": world.stamp(APP_AGE),
        "deletedDateTime": None,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": name,
        "homepage": None,
        "info": NO_INFO,
        "keyCredentials": [],
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "preferredSingleSignOnMode": None,
        "preferredTokenSigningKeyThumbprint": None,
        "replyUrls": [],
        "resourceSpecificApplicationPermissions": [],
        "samlSingleSignOnSettings": None,
        "servicePrincipalNames": [app_id(key)],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg" if owner == TENANT_ID else "AzureADMultipleOrgs",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "tokenEncryptionKeyId": None,
        "verifiedPublisher": NO_PUBLISHER,
        "_owners": [],
        "_secrets": {},
    }


def app_id(key: str) -> str:
    """Tell the appId of a seeded app; one of Microsoft's own goes by its appId already."""
    return key if GUID.fullmatch(key) else known_id(f"app/{key}")


def principal_id(key: str) -> str:
    """Tell the object id of a seeded app's service principal."""
    return known_id(f"servicePrincipal/{key}")


def add_secret(
    world: World, body: Body, secret: str, *, name: str, days: int, made: int = -30
) -> None:
    """Put a client secret on an application; it ends `days` from now."""
    key = known_id(f"secret/{body['appId']}/{name}")
    entry = {
        "customKeyIdentifier": None,
        "displayName": name,
        "endDateTime": world.stamp(timedelta(days=days)),
        "hint": secret[:3],
        "keyId": key,
        "secretText": None,
        "startDateTime": world.stamp(timedelta(days=made)),
    }
    body["passwordCredentials"].append(entry)
    body["_secrets"][key] = hashed(secret)


def add_foreign_certificate(body: Body, name: str, *, start: int, end: int) -> None:
    """Put somebody's certificate on an application; the years say how long it is good."""
    der = _certificate(name, start, end)
    entry = {
        "customKeyIdentifier": base64.b64encode(hashlib.sha1(der).digest()).decode(),  # noqa: S324  Entra's own thumbprint
        "displayName": f"CN={name}",
        "endDateTime": f"{end}-01-01T00:00:00Z",
        "key": base64.b64encode(der).decode(),
        "keyId": known_id(f"key/{body['appId']}/{name}"),
        "startDateTime": f"{start}-01-01T00:00:00Z",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }
    body["keyCredentials"].append(entry)


def _certificate(name: str, start: int, end: int) -> bytes:
    # The same bytes in every world, so that its digest is the same too. Nobody holds the private
    # key, because there is none: the modulus is a hash, and somebody else's key has signed.
    digits = b"".join(hashlib.sha512(f"{name}{part}".encode()).digest() for part in range(4))
    modulus = int.from_bytes(digits) | (1 << 2047) | 1
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Elsewhere CA")]))
        .public_key(rsa.RSAPublicNumbers(65537, modulus).public_key())
        .serial_number(1 + int.from_bytes(digits[:8]))
        .not_valid_before(datetime(start, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(end, 1, 1, tzinfo=UTC))
    )
    signer = ec.derive_private_key(20201101, ec.SECP256R1())
    return builder.sign(signer, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)

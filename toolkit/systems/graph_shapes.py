"""What Microsoft Graph's objects must have before mailgrant works with them.

Names and types: learn.microsoft.com/graph/api/resources. What is named here is what is asked for.
"""

from datetime import datetime

CERTIFICATE = {
    "keyId": str,
    "customKeyIdentifier?": str,
    "displayName?": str,
    "endDateTime": datetime,
}
SECRET = {
    "keyId": str,
    "displayName?": str,
    "startDateTime?": datetime,
    "endDateTime": datetime,
}
RULE = {"restrictionType?": str, "state?": str, "maxLifetime?": str}
RULES = {"keyCredentials?": [RULE], "passwordCredentials?": [RULE]}
POLICY = {"id": str, "isEnabled?": bool, "applicationRestrictions?": RULES}
DECLARED = {"resourceAppId": str, "resourceAccess": [{"id": str, "type": str}]}
ADDRESSES = {"redirectUris?": [str]}
APPLICATION = {
    "id": str,
    "appId": str,
    "displayName?": str,
    "uniqueName?": str,
    "signInAudience?": str,
    "tags?": [str],
    "requiredResourceAccess?": [DECLARED],
    "keyCredentials?": [CERTIFICATE],
    "passwordCredentials?": [SECRET],
    "web?": {**ADDRESSES, "homePageUrl?": str},
    "spa?": ADDRESSES,
    "publicClient?": ADDRESSES,
}
SERVICE_PRINCIPAL = {
    "id": str,
    "appId": str,
    "displayName?": str,
    "accountEnabled?": bool,
    "appRoleAssignmentRequired?": bool,
    "notes?": str,
    "tags?": [str],
    "appRoles": [{"id": str, "value?": str, "isEnabled?": bool, "allowedMemberTypes?": [str]}],
    "oauth2PermissionScopes?": [{"id": str, "value?": str}],
}
OFFERED = ("appRoles", "oauth2PermissionScopes")
"""What a service offers, which is long; a list of enterprise applications goes without."""
NAMED = {"id": str, "appId": str, "displayName?": str}
MARKED = {name: kind for name, kind in SERVICE_PRINCIPAL.items() if name.strip("?") not in OFFERED}
TAGGED = {"appId": str, "tags": [str]}
ORGANIZATION = {"id": str, "displayName?": str, "verifiedDomains?": [{"name": str}]}
GRANT = {"id": str, "resourceId": str, "appRoleId": str, "resourceDisplayName?": str}
DELETED = {"id": str, "appId": str, "displayName?": str, "tags?": [str]}
CONSENTED = {
    "clientId": str,
    "id": str,
    "resourceId": str,
    "consentType": str,
    "principalId?": str,
    "scope?": str,
}
ASSIGNED = {
    "id": str,
    "principalId": str,
    "principalDisplayName?": str,
    "principalType?": str,
    "createdDateTime?": str,
    "appRoleId?": str,
}
LOOKED_UP = {"id": str, "displayName?": str, "userPrincipalName?": str, "mail?": str}
SIGNED_IN = {"userId": str, "createdDateTime": str, "status": {"errorCode": int}}
SIGNED_OUT_SINCE = {"userPrincipalName": str, "signInSessionsValidFromDateTime?": str}
PERSON = {"id": str, "userPrincipalName": str}
GROUP = {"id": str, "displayName?": str, "mail?": str, "securityEnabled?": bool}
OWNER = {"id": str, "userPrincipalName?": str}
SIGN_IN = {"value": [{"lastSignInActivity?": {"lastSignInDateTime?": str}}]}
ENDING = {"keyId": str, "displayName?": str, "endDateTime?": datetime}
HOLDER = {
    "id": str,
    "appId": str,
    "displayName?": str,
    "tags?": [str],
    "keyCredentials?": [{**ENDING, "customKeyIdentifier?": str, "usage?": str}],
    "passwordCredentials?": [ENDING],
}
NOTED_HOLDER = {**HOLDER, "notes?": str}

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
RULE = {"restrictionType?": str, "state?": str, "maxLifetime?": str}
POLICY = {"id": str, "isEnabled?": bool, "applicationRestrictions?": {"keyCredentials?": [RULE]}}
DECLARED = {"resourceAppId": str, "resourceAccess": [{"id": str, "type": str}]}
APPLICATION = {
    "id": str,
    "appId": str,
    "displayName?": str,
    "uniqueName?": str,
    "signInAudience?": str,
    "tags?": [str],
    "requiredResourceAccess?": [DECLARED],
    "keyCredentials?": [CERTIFICATE],
    "passwordCredentials?": [{"keyId": str}],
}
SERVICE_PRINCIPAL = {
    "id": str,
    "appId": str,
    "displayName?": str,
    "accountEnabled?": bool,
    "notes?": str,
    "tags?": [str],
    "appRoles": [{"id": str, "value?": str}],
}
MARKED = {name: kind for name, kind in SERVICE_PRINCIPAL.items() if name != "appRoles"}
TAGGED = {"appId": str, "tags": [str]}
ORGANIZATION = {"id": str, "displayName?": str, "verifiedDomains?": [{"name": str}]}
GRANT = {"id": str, "resourceId": str, "appRoleId": str, "resourceDisplayName?": str}
DELETED = {"id": str, "appId": str, "displayName?": str, "tags?": [str]}
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

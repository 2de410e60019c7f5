"""The permissions of Microsoft's own resources, as rows of a table of ours.

Ids and names as Microsoft publishes them: learn.microsoft.com/graph/permissions-reference for
Graph; for Office 365 Exchange Online the pages on app-only authentication and on EWS by OAuth, and
the permissions that its service principal shows in any tenant. Windows Azure AD is dead, but old
apps still declare it: learn.microsoft.com/entra/identity-platform/reference-app-manifest.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
WINDOWS_AZURE_AD = "00000002-0000-0000-c000-000000000000"
# Windows Azure Service Management API: what Azure CLI asks a token for at sign-in.
AZURE = "797f4846-ba00-4fd7-ba43-dac1f8f63013"

# One application permission a line: id, value, name.
ROLES = {
    GRAPH: """
798ee544-9d2d-430c-a058-570e29e34338 Calendars.Read Read calendars in all mailboxes
ef54d2bf-783f-4e0f-bca1-3210c0444d99 Calendars.ReadWrite Read and write calendars in all mailboxes
8ba4a692-bc31-4128-9094-475872af8a53 Calendars.ReadBasic.All Read basic details of calendars in all mailboxes
40f97065-369a-49f4-947c-6a255697ae91 MailboxSettings.Read Read all user mailbox settings
6931bccd-447a-43d1-b442-00a195474933 MailboxSettings.ReadWrite Read and write all user mailbox settings
810c84a8-4a9e-49e6-bf7d-12d183f40d01 Mail.Read Read mail in all mailboxes
6be147d2-ea4f-4b5a-a3fa-3eab6f3c140a Mail.ReadBasic Read basic mail in all mailboxes
693c5e45-0940-467d-9b8a-1022fb9d42ef Mail.ReadBasic.All Read basic mail in all mailboxes
b633e1c5-b582-4048-a93e-9f11b44c7e96 Mail.Send Send mail as any user
e2a3a72e-5f79-4c64-b1b1-878b674786c9 Mail.ReadWrite Read and write mail in all mailboxes
089fe4d0-434a-44c5-8827-41ba8a0b17f5 Contacts.Read Read contacts in all mailboxes
6918b873-d17a-4dc1-b314-35f528134491 Contacts.ReadWrite Read and write contacts in all mailboxes
df021288-bdef-4463-88db-98f22de89214 User.Read.All Read all users' full profiles
97235f07-e226-4f63-ace3-39588e11d3a1 User.ReadBasic.All Read all users' basic profiles
741f803b-c850-494e-b5df-cde7c675a1ca User.ReadWrite.All Read and write all users' full profiles
77f3a031-c388-4f99-b373-dc68676a979e User.RevokeSessions.All Revoke all sign in sessions for a user
09850681-111b-4a89-9bed-3f2cae46d706 User.Invite.All Invite guest users to the organization
3011c876-62b7-4ada-afa2-506cbbecc68c User.EnableDisableAccount.All Enable and disable user accounts
1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9 Application.ReadWrite.All Read and write all applications
18a4783c-866b-4cc7-a460-3d5e5662c884 Application.ReadWrite.OwnedBy Manage apps that this app creates or owns
9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30 Application.Read.All Read all applications
06b708a9-e830-4db3-a914-8e69da51d44f AppRoleAssignment.ReadWrite.All Manage app permission grants and app role assignments
81b4724a-58aa-41c1-8a55-84ef97466587 DelegatedPermissionGrant.Read.All Read all delegated permission grants
8e8e4742-1d95-4f68-9d56-6ee75648c72a DelegatedPermissionGrant.ReadWrite.All Manage all delegated permission grants
7ab1d382-f21e-4acd-a863-ba3e13f7da61 Directory.Read.All Read directory data
19dbc75e-c2e2-444c-a770-ec69d8559fc7 Directory.ReadWrite.All Read and write directory data
246dd0d5-5bd0-4def-940b-0421030a5b68 Policy.Read.All Read your organization's policies
be74164b-cff1-491c-8741-e671cb536e13 Policy.ReadWrite.ApplicationConfiguration Read and write your organization's application configuration policies
c769435f-f061-4d0b-8ff1-3d39870e5f85 RoleManagement.Read.Exchange Read Exchange Online RBAC configuration
025d3225-3f02-4882-b4c0-cd5b541a4e80 RoleManagement.ReadWrite.Exchange Read and write Exchange Online RBAC configuration
483bed4a-2ad3-4361-a73b-c83ccdbdc53c RoleManagement.Read.Directory Read all directory RBAC settings
9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8 RoleManagement.ReadWrite.Directory Read and write all directory RBAC settings
c7fbd983-d9aa-4fa7-84b8-17382c103bc4 RoleManagement.Read.All Read role management data for all RBAC providers
ff278e11-4a33-4d0c-83d2-d01dc58929a5 RoleEligibilitySchedule.Read.Directory Read all eligible role assignments and role schedules for your company's directory
e2f98668-2877-4f38-a2f4-8202e0717aa1 LicenseAssignment.Read.All Read all license assignments
5facf0c1-8979-4e95-abcf-ff3d079771c0 LicenseAssignment.ReadWrite.All Manage all license assignments
b0afded3-3588-46d8-8b3d-9842eff778da AuditLog.Read.All Read all audit log data
5b567255-7703-4780-807c-7be8301ae99b Group.Read.All Read all groups
62a82d76-70ea-41e2-9197-370581804d09 Group.ReadWrite.All Read and write all groups
bf7b1a76-6e77-406b-b258-bf5c7720e98f Group.Create Create groups
98830695-27a2-44f7-8c18-0c3ebc9698f6 GroupMember.Read.All Read all group memberships
dbaae8cf-10b5-4b86-a4a1-f871c94c6695 GroupMember.ReadWrite.All Read and write all group memberships
498476ce-e0fe-48b0-b801-37ba7e2685c6 Organization.Read.All Read organization information
292d869f-3427-49a8-9dab-8c70152b74e9 Organization.ReadWrite.All Read and write organization information
dbb9058a-0e50-45d7-ae91-66909b5d4664 Domain.Read.All Read domains
913b9306-0ce1-42b8-9137-6a7df690a760 Place.Read.All Read all company places
01d4889c-1287-42c6-ac1f-5d1e02578ef6 Files.Read.All Read files in all site collections
75359482-378d-4052-8f01-80520e7db3cd Files.ReadWrite.All Read and write files in all site collections
332a536c-c7ef-4017-ab91-336970924f0d Sites.Read.All Read items in all site collections
230c1aed-a721-4c5d-9cb4-a90514e508ef Reports.Read.All Read all usage reports
134fd756-38ce-4afd-ba33-e9623dbe66c2 AdministrativeUnit.Read.All Read all administrative units
5eb59dd3-1da2-4329-8733-9dabdc435916 AdministrativeUnit.ReadWrite.All Read and write all administrative units
b528084d-ad10-4598-8b93-929746b4d7d6 People.Read.All Read all users' relevant people lists
99280d24-a782-4793-93cc-0888549957f6 MailboxFolder.Read.All Read all the users' mailbox folders
7d9f353d-a7bd-4fbb-822a-26d5dd39a3ce MailboxItem.Read.All Read all the users' mailbox items
e118f1da-5c1c-46cf-bff6-8858d786f46f Mail-Advanced.ReadWrite.All Read and write mail in all mailboxes, including modifying existing non-draft mails
eccc023d-eccf-4e7b-9683-8813ab36cecc User.DeleteRestore.All Delete and restore all users
""",
    EXCHANGE: """
798ee544-9d2d-430c-a058-570e29e34338 Calendars.Read Read calendars in all mailboxes
2dfdc6dc-2fa7-4a2c-a922-dbd4f85d17be Calendars.Read.All Read calendars in all mailboxes
ef54d2bf-783f-4e0f-bca1-3210c0444d99 Calendars.ReadWrite.All Read and write calendars in all mailboxes
089fe4d0-434a-44c5-8827-41ba8a0b17f5 Contacts.Read Read contacts in all mailboxes
6918b873-d17a-4dc1-b314-35f528134491 Contacts.ReadWrite Read and write contacts in all mailboxes
dc50a0fb-09a3-484d-be87-e023b12c6440 Exchange.ManageAsApp Manage Exchange As Application
5e5addcd-3e8d-4e90-baf5-964efab2b20a IMAP.AccessAsApp IMAP.AccessAsApp
810c84a8-4a9e-49e6-bf7d-12d183f40d01 Mail.Read Read mail in all mailboxes
e2a3a72e-5f79-4c64-b1b1-878b674786c9 Mail.ReadWrite Read and write mail in all mailboxes
b633e1c5-b582-4048-a93e-9f11b44c7e96 Mail.Send Send mail as any user
f7264778-fba9-422d-8e9e-2675a2c4b513 Mailbox.Migration Move mailboxes between organizations
d45fa9f8-36e5-4cd2-b601-b063c7cf9ac2 MailboxSettings.Read Read all user mailbox settings
f9156939-25cd-4ba8-abfe-7fabcf003749 MailboxSettings.ReadWrite Read and write all user mailbox settings
cb842b43-da6e-4506-86fe-bb12199c656d POP.AccessAsApp POP.AccessAsApp
7146a1f0-8703-45b3-9eae-527a64c00995 SMTP.SendAsApp SMTP.SendAsApp
bf24470f-10c1-436d-8d53-7b997eb473be User.Read.All Read all users' full profiles
dc890d15-9560-4a4c-9b7f-a736ec74ec40 full_access_as_app Use Exchange Web Services with full access to all mailboxes
""",
    WINDOWS_AZURE_AD: """
5778995a-e1bf-45b8-affa-663a9f3f4d04 Directory.Read.All Read directory data
78c8a3c8-a07e-4b9e-af1b-b5ccab960a1a Directory.ReadWrite.All Read and write directory data
1cda74f2-2616-4834-b122-5cb1b07f8a59 Application.ReadWrite.All Read and write all applications
""",
    AZURE: "",
}

# One delegated permission a line: id, who may consent, value, name.
SCOPES = {
    GRAPH: """
465a38f9-76ea-45b9-9f34-9e8b0d4b0b42 User Calendars.Read Read user calendars
1ec239c2-d7c9-4623-a91a-a9775856bb36 User Calendars.ReadWrite Have full access to user calendars
2b9c4092-424d-4249-948d-b43879977640 User Calendars.Read.Shared Read user and shared calendars
12466101-c9b8-439a-8589-dd09ee67e8e9 User Calendars.ReadWrite.Shared Read and write user and shared calendars
662d75ba-a364-42ad-adee-f5f880ea4878 User Calendars.ReadBasic Read basic details of user calendars
87f447af-9fa4-4c32-9dfa-4a57a73d18ce User MailboxSettings.Read Read user mailbox settings
818c620a-27a9-40bd-a6a5-d96f7d610b4b User MailboxSettings.ReadWrite Read and write user mailbox settings
570282fd-fa5c-430d-a7fd-fc8dc98a9dca User Mail.Read Read user mail
a4b8392a-d8d1-4954-a029-8e668a39a170 User Mail.ReadBasic Read user basic mail
e383f46e-2787-4529-855e-0e479a3ffac0 User Mail.Send Send mail as a user
024d486e-b451-40bb-833d-3e66d98c5c73 User Mail.ReadWrite Read and write access to user mail
7b9103a5-4610-446b-9670-80643382c1fa User Mail.Read.Shared Read user and shared mail
5df07973-7d5d-46ed-9847-1271055cbd51 User Mail.ReadWrite.Shared Read and write user and shared mail
a367ab51-6b49-43bf-a716-a1fb06d2a174 User Mail.Send.Shared Send mail on behalf of others
ff74d97f-43af-4b68-9f2a-b77ee6968c5d User Contacts.Read Read user contacts
d56682ec-c09e-4743-aaf4-1a3aac4caa21 User Contacts.ReadWrite Have full access to user contacts
242b9d9e-ed24-4d09-9a52-f43769beb9d4 User Contacts.Read.Shared Read user and shared contacts
afb6c84b-06be-49af-80bb-8f3f77004eab User Contacts.ReadWrite.Shared Read and write user and shared contacts
e1fe6dd8-ba31-4d61-89e7-88639da4683d User User.Read Sign in and read user profile
b4e74841-8e56-480b-be8b-910348b18b4c User User.ReadWrite Read and write access to user profile
a154be20-db9c-4678-8ab7-66f6cc099a59 Admin User.Read.All Read all users' full profiles
b340eb25-3456-403f-be2f-af7a0d370277 User User.ReadBasic.All Read all users' basic profiles
204e0828-b5ca-4ad8-b9f3-f32a958e7cc4 Admin User.ReadWrite.All Read and write all users' full profiles
fc30e98b-8810-4501-81f5-c20a3196387b Admin User.RevokeSessions.All Revoke all sign in sessions for a user
63dd7cd9-b489-4adf-a28c-ac38b9a0f962 Admin User.Invite.All Invite guest users to the organization
f92e74e7-2563-467f-9dd0-902688cb5863 Admin User.EnableDisableAccount.All Enable and disable user accounts
7427e0e9-2fba-42fe-b0c0-848c9e6a8182 User offline_access Maintain access to data you have given it access to
37f7f235-527c-4136-accd-4a02d197296e User openid Sign users in
14dad69e-099b-42c9-810b-d002981feec1 User profile View users' basic profile
64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 User email View users' email address
bdfbf15f-ee85-4955-8675-146e8e5296b5 Admin Application.ReadWrite.All Read and write applications
c79f8feb-a9db-4090-85f9-90d820caa0eb Admin Application.Read.All Read applications
84bccea3-f856-4a8a-967b-dbe0a3d53a64 Admin AppRoleAssignment.ReadWrite.All Manage app permission grants and app role assignments
a197cdc4-a8e8-4d49-9d35-4ca7c83887b4 Admin DelegatedPermissionGrant.Read.All Read delegated permission grants
41ce6ca6-6826-4807-84f1-1c82854f7ee5 Admin DelegatedPermissionGrant.ReadWrite.All Manage all delegated permission grants
06da0dbc-49e2-44d2-8312-53f166ab848a Admin Directory.Read.All Read directory data
c5366453-9fb0-48a5-a156-24f0c49a4b84 Admin Directory.ReadWrite.All Read and write directory data
572fea84-0151-49b2-9301-11cb16974376 Admin Policy.Read.All Read your organization's policies
b27add92-efb2-4f16-84f5-8108ba77985c Admin Policy.ReadWrite.ApplicationConfiguration Read and write your organization's application configuration policies
3bc15058-7858-4141-b24f-ae43b4e80b52 Admin RoleManagement.Read.Exchange Read Exchange Online RBAC configuration
c1499fe0-52b1-4b22-bed2-7a244e0e879f Admin RoleManagement.ReadWrite.Exchange Read and write Exchange Online RBAC configuration
741c54c3-0c1e-44a1-818b-3f97ab4e8c83 Admin RoleManagement.Read.Directory Read directory RBAC settings
d01b97e9-cbc0-49fe-810a-750afd5527a3 Admin RoleManagement.ReadWrite.Directory Read and write directory RBAC settings
48fec646-b2ba-4019-8681-8eb31435aded Admin RoleManagement.Read.All Read role management data for all RBAC providers
eb0788c2-6d4e-4658-8c9e-c0fb8053f03d Admin RoleEligibilitySchedule.Read.Directory Read all eligible role assignments for your company's directory
f395577a-0960-456b-979f-7228de0c5996 User LicenseAssignment.Read.All Read all license assignments
f55016cc-149c-447e-8f21-7cf3ec1d6350 Admin LicenseAssignment.ReadWrite.All Manage all license assignments
e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 Admin AuditLog.Read.All Read audit log data
5f8c59db-677d-491f-a6b8-5f174b11ec1d Admin Group.Read.All Read all groups
4e46008b-f24c-477d-8fff-7bb4ec7aafe0 Admin Group.ReadWrite.All Read and write all groups
bc024368-1153-4739-b217-4326f2e966d0 Admin GroupMember.Read.All Read group memberships
f81125ac-d3b7-4573-a3b2-7099cc39df9e Admin GroupMember.ReadWrite.All Read and write group memberships
4908d5b9-3fb2-4b1e-9336-1888b7937185 Admin Organization.Read.All Read organization information
46ca0847-7e6b-426e-9775-ea810a948356 Admin Organization.ReadWrite.All Read and write organization information
2f9ee017-59c1-4f1d-9472-bd5529a7b311 Admin Domain.Read.All Read domains
cb8f45a0-5c2e-4ea1-b803-84b870a7d7ec Admin Place.Read.All Read all company places
df85f4d6-205c-4ac5-a5ea-6bf408dba283 User Files.Read.All Read all files that user can access
863451e7-0667-486c-a5d6-d135439485f0 User Files.ReadWrite.All Have full access to all files user can access
205e70e5-aba6-4c52-a976-6d2d46c48043 User Sites.Read.All Read items in all site collections
02e97553-ed7b-43d0-ab3c-f8bace0d040c Admin Reports.Read.All Read all usage reports
2219042f-cab5-40cc-b0d2-16b1540b4c5f User Tasks.ReadWrite Create, read, update, and delete user's tasks and task lists
3361d15d-be43-4de6-b441-3c746d05163d Admin AdministrativeUnit.Read.All Read administrative units
7b8a2d34-6b3f-4542-a343-54651608ad81 Admin AdministrativeUnit.ReadWrite.All Read and write administrative units
ba47897c-39ec-4d83-8086-ee8256fa737d User People.Read Read users' relevant people lists
b89f9189-71a5-4e70-b041-9887f0bc7e4a Admin People.Read.All Read all users' relevant people lists
52dc2051-4958-4636-8f2a-281d39c6981c User MailboxFolder.Read Read a user's mailbox folders
82305458-296d-4edd-8b0b-74dd74c34526 User MailboxItem.Read Read a user's mailbox items
9769c687-087d-48ac-9cb3-c37dde652038 User EWS.AccessAsUser.All Access mailboxes as the signed-in user via Exchange Web Services
652390e4-393a-48de-9484-05f9b1212954 User IMAP.AccessAsUser.All Read and write access to mailboxes via IMAP
258f6531-6087-4cc4-bb90-092c5fb3ed3f User SMTP.Send Send emails from mailboxes using SMTP AUTH
4bb440cd-2cf2-4f90-8004-aa2acd2537c5 Admin User.DeleteRestore.All Delete and restore users
""",
    EXCHANGE: """
5b9be81f-2977-4d27-8faf-bb43af8fc705 User Calendars.Read Read user calendars
da710fc9-1e83-407b-8c5c-09d225031769 User Calendars.Read.All Read user and shared calendars
c21d8660-9de1-4404-85b6-59695921bd8d User Calendars.Read.Shared Read user and shared calendars
765f423e-b55d-412e-97e3-13a800c3a537 User Calendars.ReadWrite Read and write user calendars
bbd1ca91-75e0-4814-ad94-9c5dbbae3415 User Calendars.ReadWrite.All Read and write user and shared calendars
4585ecca-5b47-432f-ac70-e1391e4951ed User Calendars.ReadWrite.Shared Read and write user and shared calendars
181aac24-028a-486e-a649-b3742c74ec71 User Contacts.Read Read user contacts
d6aa6fa9-3360-416a-b8db-021249d58e86 User Contacts.Read.Shared Read user and shared contacts
32253599-e142-4cf0-810d-4827eedd1cfa User Contacts.ReadWrite Read and write user contacts
c54cba4f-60fe-4332-b0de-b5990fd1999e User Contacts.ReadWrite.Shared Read and write user and shared contacts
266d2589-20b5-4f91-9a03-89247d1be8da User EAS.AccessAsUser.All Access mailboxes via Exchange ActiveSync
3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5 User EWS.AccessAsUser.All Access mailboxes as the signed-in user via Exchange Web Services
ab4f2b77-0b06-4fc1-a9de-02113fc2ab7c Admin Exchange.Manage Manage Exchange configuration
195adc35-e27b-454b-a7ed-1ecdffa1c09f User IMAP.AccessAsUser.All Read and write access to your mail via IMAP
185758ba-798d-4b72-9e54-429a413a2510 User Mail.Read Read user mail
1d894596-c906-42b1-8422-9360440c1c0c User Mail.Read.Shared Read user and shared mail
dab085de-3e14-432f-a47f-84b6457059c4 User Mail.ReadBasic Read user basic mail
75767999-c7a8-481e-a6b4-19458e0b30a5 User Mail.ReadWrite Read and write user mail
b09ec548-3f99-4d0a-859c-c9b7ff53b7a9 User Mail.ReadWrite.Shared Read and write user and shared mail
5eb43c10-865a-4259-960a-83946678f8dd User Mail.Send Send mail as a user
16572339-6149-452b-b084-280b01354687 User Mail.Send.Shared Send mail on behalf of others
d36ad51d-15a2-458d-9b3a-16dbe4c51c30 User MailboxSettings.Read Read user mailbox settings
2e83d72d-8895-4b66-9eea-abb43449ab8b User MailboxSettings.ReadWrite Read and write user mailbox settings
fb698133-92fa-453e-a9ed-688e10f2e5ac User POP.AccessAsUser.All Read and write access to your mail via POP
76faac2a-0f20-42f1-928a-50de5b9dbe52 User SMTP.Send Access to sending emails from your mailbox using SMTP AUTH
6223a6d3-53ef-4f8f-982a-895b39483c61 User User.Read Read user profiles
eb665d05-7f76-4d1b-b176-1cfc814e668d Admin User.Read.All Read all users' full profiles
f9408c03-bd3d-48c4-8bee-17a72d20bd9c User User.ReadWrite Read and write user profiles
""",
    WINDOWS_AZURE_AD: """
311a71cc-e848-46a1-bdf8-97ff7156d8e6 User User.Read Sign in and read user profile
5778995a-e1bf-45b8-affa-663a9f3f4d04 Admin Directory.Read.All Read directory data
""",
    AZURE: """
41094075-9dad-400e-a0bd-54e686782033 User user_impersonation Access Azure Service Management as organization users
""",
}


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One permission of a resource; `consent` is User or Admin."""

    id: str
    value: str
    name: str
    consent: str = "Admin"


@cache
def roles(resource: str) -> tuple[Permission, ...]:
    """List the application permissions of a resource, by its appId."""
    rows = (line.split(" ", 2) for line in ROLES[resource].strip().splitlines())
    return tuple(Permission(id=key, value=value, name=name) for key, value, name in rows)


@cache
def scopes(resource: str) -> tuple[Permission, ...]:
    """List the delegated permissions of a resource, by its appId."""
    rows = (line.split(" ", 3) for line in SCOPES[resource].strip().splitlines())
    return tuple(
        Permission(id=key, consent=consent, value=value, name=name)
        for key, consent, value, name in rows
    )


def role_id(resource: str, value: str) -> str:
    """Find the id of an application permission by its value."""
    return next(one.id for one in roles(resource) if one.value == value)


def scope_id(resource: str, value: str) -> str:
    """Find the id of a delegated permission by its value."""
    return next(one.id for one in scopes(resource) if one.value == value)


def app_roles(resource: str) -> list[dict[str, Any]]:
    """Write a resource's application permissions as its service principal shows them."""
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": one.name,
            "displayName": one.name,
            "id": one.id,
            "isEnabled": True,
            "origin": "Application",
            "value": one.value,
        }
        for one in roles(resource)
    ]


def permission_scopes(resource: str) -> list[dict[str, Any]]:
    """Write a resource's delegated permissions as its service principal shows them."""
    return [
        {
            "adminConsentDescription": one.name,
            "adminConsentDisplayName": one.name,
            "id": one.id,
            "isEnabled": True,
            "type": one.consent,
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": one.value,
        }
        for one in scopes(resource)
    ]

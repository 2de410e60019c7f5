"""The cmdlets the practice tenant knows: their parameters, types and parameter sets.

One line a type. `Name!` is mandatory. A `set` line is a parameter set: what stands in any of them
belongs to those sets alone, everything else goes with every set. Choices are written
`Name=One|Two`, with `*` where several may be given. Our own extract of the cmdlet reference at
learn.microsoft.com/powershell/module/exchangepowershell: what isn't written here is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

PAGED = "text Filter\nsize ResultSize"
CONFIRMED = "flag Confirm WhatIf"
MANAGED = f"{CONFIRMED} BypassSecurityGroupManagerCheck"
ATTRIBUTES = " ".join(f"CustomAttribute{number}" for number in range(1, 16))
MAILBOX_TYPES = (
    "RecipientTypeDetails=UserMailbox|SharedMailbox|RoomMailbox|EquipmentMailbox"
    "|SchedulingMailbox|DiscoveryMailbox|TeamMailbox|LinkedMailbox|GroupMailbox*"
)
GROUP_TYPES = "MailUniversalSecurityGroup|MailUniversalDistributionGroup|RoomList"
RECIPIENT_TYPES = (
    f"{MAILBOX_TYPES[:-1]}|MailUser|GuestMailUser|MailContact|DynamicDistributionGroup"
    f"|RemoteUserMailbox|RemoteSharedMailbox|RemoteRoomMailbox|{GROUP_TYPES}*"
)
RESTRICTION = "Open|Closed|ApprovalRequired"
FOLDER_SCOPES = "All|Calendar|Contacts|DeletedItems|Drafts|Inbox|SentItems|Tasks|Root"
ASSIGNEES = (
    "User|SecurityGroup|RoleAssignmentPolicy|MailboxPlan|ForeignSecurityPrincipal|RoleGroup"
    "|PartnerLinkedRoleGroup|LinkedRoleGroup|Computer|ServicePrincipal"
)
WRITE_SCOPES = (
    "None|NotApplicable|Organization|MyGAL|Self|MyDirectReports|OU|CustomRecipientScope"
    "|MyDistributionGroups|MyExecutive|ExclusiveRecipientScope|MailboxICanDelegate|Group"
    "|AdministrativeUnit"
)
FOLDER_ENTRY = f"""
    text Identity! User!
    list AccessRights!
    bool SendNotificationToUser
    choice SharingPermissionFlags=None|Delegate|CanViewPrivateItems*
    {CONFIRMED}"""

TEXT = {
    "Add-DistributionGroupMember": f"text Identity! Member\n{MANAGED}",
    "Add-MailboxFolderPermission": FOLDER_ENTRY,
    "Enable-OrganizationCustomization": CONFIRMED,
    "Get-AcceptedDomain": "text Identity\nsize ResultSize",
    "Get-AdministrativeUnit": "text Identity",
    "Get-ApplicationAccessPolicy": "text Identity",
    "Get-CASMailbox": f"text Identity\n{PAGED}",
    "Get-DistributionGroup": f"""
        set Identity: Identity
        set ManagedBySet: ManagedBy
        text Identity ManagedBy
        choice RecipientTypeDetails={GROUP_TYPES}*
        flag IncludeManagedByWithDisplayNames
        {PAGED}""",
    "Get-DistributionGroupMember": "text Identity!\nsize ResultSize",
    "Get-Group": f"text Identity\nchoice RecipientTypeDetails={GROUP_TYPES}*\n{PAGED}",
    "Get-Mailbox": f"text Identity\nchoice {MAILBOX_TYPES}\n{PAGED}",
    "Get-MailboxFolderPermission": "text Identity! User\nsize ResultSize",
    "Get-MailboxFolderStatistics": f"""
        text Identity!
        choice FolderScope={FOLDER_SCOPES}
        size ResultSize""",
    "Get-MailUser": f"text Identity\n{PAGED}",
    "Get-ManagementRole": """
        set Identity: Identity
        set GetChildren: Identity! GetChildren!
        set Recurse: Identity! Recurse!
        text Identity
        flag GetChildren Recurse""",
    "Get-ManagementRoleAssignment": f"""
        set Identity: Identity
        set RoleAssignee: Role RoleAssignee AssignmentMethod
        text Identity Role RoleAssignee RecipientAdministrativeUnitScope RecipientGroupScope
        choice AssignmentMethod=Direct|SecurityGroup|RoleGroup|RoleAssignmentPolicy*
        choice RoleAssigneeType={ASSIGNEES} RecipientWriteScope={WRITE_SCOPES}
        bool Delegating Enabled Exclusive
        flag GetEffectiveUsers""",
    "Get-ManagementScope": "text Identity\nbool Exclusive\nflag Orphan",
    "Get-OrganizationConfig": "flag RetrieveEwsOperationAccessPolicy",
    "Get-Recipient": f"""
        set Identity: Identity
        set RecipientPreviewFilterSet: RecipientPreviewFilter
        text Identity RecipientPreviewFilter
        list Properties
        choice {RECIPIENT_TYPES}
        choice RecipientType=UserMailbox|MailUser|MailContact|MailUniversalSecurityGroup|MailUniversalDistributionGroup*
        {PAGED}""",
    "Get-ServicePrincipal": "text Identity",
    "Get-UnifiedGroup": f"text Identity\nflag IncludeAllProperties\n{PAGED}",
    "Get-UnifiedGroupLinks": """
        text Identity!
        choice LinkType!=Members|Owners|Subscribers|Aggregators
        size ResultSize""",
    "Get-User": f"text Identity\nchoice {RECIPIENT_TYPES[:-1]}|User|DisabledUser*\n{PAGED}",
    "New-ApplicationAccessPolicy": f"""
        choice AccessRight!=RestrictAccess|DenyAccess
        list AppId!
        text PolicyScopeGroupId! Description
        {CONFIRMED}""",
    "New-DistributionGroup": f"""
        text Name! Alias DisplayName Notes PrimarySmtpAddress
        list Description ManagedBy Members
        bool RequireSenderAuthenticationEnabled
        choice Type=Distribution|Security
        choice MemberJoinRestriction={RESTRICTION} MemberDepartRestriction={RESTRICTION}
        flag CopyOwnerToMember IgnoreNamingPolicy
        {CONFIRMED}""",
    "New-ManagementRoleAssignment": f"""
        set App: App! Role! CustomResourceScope
        text App Role CustomResourceScope Name
        text RecipientAdministrativeUnitScope RecipientGroupScope
        flag Force
        {CONFIRMED}""",
    "New-ManagementScope": f"""
        text Name! RecipientRestrictionFilter!
        flag Exclusive Force
        {CONFIRMED}""",
    "New-ServicePrincipal": f"text AppId! ObjectId! DisplayName\n{CONFIRMED}",
    "Remove-ApplicationAccessPolicy": f"text Identity!\n{CONFIRMED}",
    "Remove-DistributionGroup": f"text Identity!\n{MANAGED}",
    "Remove-DistributionGroupMember": f"text Identity! Member\n{MANAGED}",
    "Remove-MailboxFolderPermission": f"""
        set Identity: Identity! User! SendNotificationToUser
        text Identity User
        bool SendNotificationToUser
        {CONFIRMED}""",
    "Remove-ManagementRoleAssignment": f"text Identity!\nflag Force\n{CONFIRMED}",
    "Remove-ManagementScope": f"text Identity!\nflag Force\n{CONFIRMED}",
    "Remove-ServicePrincipal": f"text Identity!\n{CONFIRMED}",
    "Set-ApplicationAccessPolicy": f"text Identity! Description\n{CONFIRMED}",
    "Set-DistributionGroup": f"""
        text Identity! Name Alias DisplayName PrimarySmtpAddress MailTip {ATTRIBUTES}
        list Description EmailAddresses ManagedBy
        bool HiddenFromAddressListsEnabled RequireSenderAuthenticationEnabled
        choice MemberJoinRestriction={RESTRICTION} MemberDepartRestriction={RESTRICTION}
        flag IgnoreNamingPolicy
        {MANAGED}""",
    "Set-Group": f"""
        text Identity! DisplayName Notes
        list ManagedBy
        {MANAGED}""",
    "Set-MailboxFolderPermission": FOLDER_ENTRY,
    "Set-ManagementRoleAssignment": f"""
        set App: Identity! CustomResourceScope
        set RecipientAdministrativeUnitScope: Identity! RecipientAdministrativeUnitScope!
        set RecipientGroupScope: Identity! RecipientGroupScope!
        text Identity CustomResourceScope RecipientAdministrativeUnitScope RecipientGroupScope
        bool Enabled
        flag Force
        {CONFIRMED}""",
    "Set-ManagementScope": f"""
        text Identity! Name RecipientRestrictionFilter
        flag Force
        {CONFIRMED}""",
    "Set-OrganizationConfig": f"""
        bool EwsEnabled
        text EwsAllowedAppIDs
        {CONFIRMED}""",
    "Set-ServicePrincipal": f"text Identity! DisplayName\n{CONFIRMED}",
    "Test-ApplicationAccessPolicy": "text Identity! AppId!",
    "Test-ServicePrincipalAuthorization": f"text Identity! Resource\n{CONFIRMED}",
    "Update-DistributionGroupMember": f"text Identity!\nlist Members\n{MANAGED}",
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter: `kind` is text, list, flag (a switch), bool, size or choice."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    several: bool = False


@dataclass(frozen=True, kw_only=True)
class ParameterSet:
    """The parameters that may be given together, and those that must."""

    name: str
    mandatory: frozenset[str]
    takes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Cmdlet:
    """A cmdlet's name, parameters and parameter sets."""

    name: str
    parameters: Mapping[str, Parameter]
    sets: tuple[ParameterSet, ...]

    @cached_property
    def by_lower_name(self) -> Mapping[str, Parameter]:
        """The parameters by their name in lower case: PowerShell ignores letter case."""
        return {name.lower(): parameter for name, parameter in self.parameters.items()}


def _cmdlet(name: str, text: str) -> Cmdlet:
    parameters: dict[str, Parameter] = {}
    mandatory: set[str] = set()
    sets: dict[str, list[str]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        kind, _, rest = line.partition(" ")
        if kind == "set":
            title, _, words = rest.partition(": ")
            sets[title] = words.split()
            continue
        for word in rest.split():
            marked, _, values = word.partition("=")
            one = _parameter(kind, marked.removesuffix("!"), values)
            parameters[one.name] = one
            if marked.endswith("!"):
                mandatory.add(one.name)
    return Cmdlet(name=name, parameters=parameters, sets=_sets(sets, set(parameters), mandatory))


def _parameter(kind: str, name: str, values: str) -> Parameter:
    several = kind == "list" or values.endswith("*")
    allowed = tuple(values.removesuffix("*").split("|")) if values else ()
    return Parameter(name=name, kind=kind, values=allowed, several=several)


def _sets(
    sets: Mapping[str, list[str]], names: set[str], mandatory: set[str]
) -> tuple[ParameterSet, ...]:
    own = {word.removesuffix("!") for words in sets.values() for word in words}
    return tuple(
        ParameterSet(
            name=title,
            mandatory=frozenset(mandatory | {word[:-1] for word in words if word.endswith("!")}),
            takes=frozenset((names - own) | {word.removesuffix("!") for word in words}),
        )
        for title, words in (sets or {"Default": []}).items()
    )


CMDLETS = {name: _cmdlet(name, text) for name, text in TEXT.items()}
BY_LOWER_NAME = {name.lower(): cmdlet for name, cmdlet in CMDLETS.items()}

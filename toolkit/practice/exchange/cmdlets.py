"""Which cmdlets there are, who may run them, and running one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from toolkit.practice.exchange import (
    access,
    access_policies,
    application_roles,
    distribution_groups,
    group_members,
    mailbox_folders,
    management_scopes,
    organization,
    recipient_cmdlets,
    role_assignments,
    service_principals,
)
from toolkit.practice.exchange.cmdlet_binding import bind, cmdlet_named
from toolkit.practice.exchange.cmdlet_call import Call, Cmdlet, CmdletError, Result
from toolkit.practice.wire import Caller
from toolkit.practice.world import World

# Template ids: learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
EXCHANGE_RECIPIENT_ADMINISTRATOR = "31392ffb-586c-42d1-9346-e59415a2cc4e"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

NOT_IN_ROLE = "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException"
DEHYDRATED = "Microsoft.Exchange.Management.InvalidOperationInDehydratedContextException"
READING_VERBS = frozenset({"get", "test"})
RECIPIENT_NOUNS = frozenset(
    {
        *("AcceptedDomain", "CASMailbox", "DistributionGroup", "DistributionGroupMember"),
        *("Group", "Mailbox", "MailboxFolderPermission", "MailboxFolderStatistics", "MailUser"),
        *("Recipient", "UnifiedGroup", "UnifiedGroupLinks", "User"),
    }
)
# What needs an organisation of its own: a dehydrated one shares its roles with others.
CUSTOMIZING = frozenset(
    {"New-ManagementRoleAssignment", "New-ManagementScope", "Set-ManagementScope"}
)
DEFAULT_SIZE = 1000
MORE_RESULTS = (
    "There are more results available than are currently displayed. To view them, increase the"
    " value for the ResultSize parameter."
)
FIRST_THOUSAND = (
    "By default, only the first 1000 items are returned. Use the ResultSize parameter to specify"
    ' the number of items returned. To return all items, specify "-ResultSize Unlimited".'
)

HANDLERS: Mapping[str, Cmdlet] = {
    **access_policies.CMDLETS,
    **distribution_groups.CMDLETS,
    **organization.CMDLETS,
    **group_members.CMDLETS,
    **mailbox_folders.CMDLETS,
    **management_scopes.CMDLETS,
    **recipient_cmdlets.CMDLETS,
    **role_assignments.CMDLETS,
    **service_principals.CMDLETS,
}


def _global_reader_may(cmdlet: str) -> bool:
    return cmdlet.startswith("Get-") or cmdlet == "Test-ApplicationAccessPolicy"


def _recipient_administrator_may(cmdlet: str) -> bool:
    noun = cmdlet.partition("-")[2]
    return noun in RECIPIENT_NOUNS or cmdlet == "Get-OrganizationConfig"


def _everything(_cmdlet: str) -> bool:
    return True


ROLES: Mapping[str, Callable[[str], bool]] = {
    EXCHANGE_ADMINISTRATOR: _everything,
    GLOBAL_ADMINISTRATOR: _everything,
    GLOBAL_READER: _global_reader_may,
    EXCHANGE_RECIPIENT_ADMINISTRATOR: _recipient_administrator_may,
}


def is_write(cmdlet: str) -> bool:
    """Tell by its verb whether a cmdlet is meant to change something."""
    return cmdlet.partition("-")[0].lower() not in READING_VERBS


def allowed(wids: Iterable[str]) -> list[str]:
    """List the cmdlets that active directory roles let one run."""
    held = [ROLES[role] for role in wids if role in ROLES]
    return [name for name in sorted(HANDLERS) if any(may(name) for may in held)]


def run(world: World, caller: Caller, name: str, parameters: Mapping[str, Any]) -> Result:
    """Run a cmdlet, or raise CmdletError."""
    cmdlet = cmdlet_named(name)
    if cmdlet.name not in allowed(caller.wids):
        raise CmdletError(
            NOT_IN_ROLE,
            f"The cmdlet '{cmdlet.name}' isn't present in the role definition of the current user.",
        )
    given = bind(cmdlet, parameters)
    if cmdlet.name in CUSTOMIZING and world.store.setting("dehydrated", False):
        raise CmdletError(
            DEHYDRATED,
            "The command you tried to run isn't currently allowed in your organization. To run"
            " this command, you first need to run the command: Enable-OrganizationCustomization.",
        )
    call = Call(world=world, caller=caller, cmdlet=cmdlet.name, given=given)
    if not is_write(cmdlet.name):
        result = HANDLERS[cmdlet.name](call)
        return _limited(result, given) if "ResultSize" in cmdlet.parameters else result
    access.before_change(world)
    application_roles.bury(world)
    result = HANDLERS[cmdlet.name](call)
    access.after_change(world)
    return result


def _limited(result: Result, given: Mapping[str, Any]) -> Result:
    """Let through as many rows as were asked for, and say so where some are left out."""
    size = given.get("ResultSize", DEFAULT_SIZE)
    if size is None or len(result.rows) <= size:
        return result
    warning = MORE_RESULTS if "ResultSize" in given else FIRST_THOUSAND
    return Result(rows=result.rows[:size], warnings=(*result.warnings, warning))

"""What a mail-enabled group may be called: its name, alias and addresses are nobody else's."""

import re

from toolkit.practice.exchange import recipients
from toolkit.practice.exchange.cmdlet_call import CmdletError
from toolkit.practice.store import Body
from toolkit.practice.world import World

LONGEST_NAME = 64
VALIDATION = "Microsoft.Exchange.Data.DataValidationException"
EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
ADDRESS_TAKEN = "Microsoft.Exchange.Data.Directory.ProxyAddressExistsException"
NOT_UNIQUE = "Microsoft.Exchange.Management.RecipientTasks.ValueNotUniqueException"
ALIAS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
ADDRESS = re.compile(rf"({ALIAS.pattern})@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")


def by_policy(policy: str, name: str) -> str:
    """Name a group as the tenant's policy wants: GRP_<GroupName>_Staff.

    Source: learn.microsoft.com/exchange/recipients-in-exchange-online/manage-distribution-groups/
    create-group-naming-policy
    """
    return policy.replace("<GroupName>", name) if policy else name


def check_name(world: World, name: str) -> None:
    """Check a new Name: 64 characters at most, and no other recipient's."""
    if not name or len(name) > LONGEST_NAME:
        raise CmdletError(
            VALIDATION,
            f"The value \"{name}\" of property 'Name' isn't valid: its length must be between 1"
            f" and {LONGEST_NAME} characters.",
        )
    if any(recipients.name(body).lower() == name.lower() for body in recipients.true(world)):
        place = names(world, name)["DistinguishedName"]
        raise CmdletError(
            EXISTS,
            "Active Directory operation failed on the server. This error is not retriable. The"
            f" object '{place}' already exists.",
        )


def check_alias(world: World, alias: str) -> None:
    """Check a new Alias: well-formed, and no other recipient's."""
    if not ALIAS.fullmatch(alias) or len(alias) > LONGEST_NAME:
        raise CmdletError(
            VALIDATION,
            f'Property expression "{alias}" isn\'t valid. Valid values are: Strings formed with'
            " characters from A to Z (uppercase or lowercase), digits from 0 to 9, !, #, $, %,"
            " &, ', *, +, -, /, =, ?, ^, _, `, {, |, } or ~. One or more periods may be embedded"
            " in an alias, but each period should be preceded and followed by at least one of"
            " the other characters.",
        )
    if any(recipients.alias(body).lower() == alias.lower() for body in recipients.true(world)):
        raise CmdletError(
            NOT_UNIQUE,
            f'The value "{alias}" of property "Alias" is used by another recipient object.'
            " Please specify a unique value.",
        )


def check_address(world: World, address: str, *, but: str = "") -> None:
    """Check an address: well-formed, of a verified domain, and nobody else's."""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise CmdletError(VALIDATION, f'The email address "{address}" isn\'t correct.')
    domains = {one["id"].lower() for one in world.store.all("domain") if one.get("isVerified")}
    if match[3].lower() not in domains:
        raise CmdletError(
            VALIDATION,
            f"You can't use the domain because it's not an accepted domain for your organization:"
            f" {match[3]}.",
        )
    for body in (*world.store.all("user"), *world.store.all("group")):
        own = {one.partition(":")[2].lower() for one in body.get("proxyAddresses") or ()}
        own |= {str(body.get("userPrincipalName")).lower(), str(body.get("mail")).lower()}
        if body["id"] != but and address.lower() in own:
            raise CmdletError(
                ADDRESS_TAKEN,
                f'The proxy address "SMTP:{address}" is already being used by the proxy addresses'
                f' or LegacyExchangeDN of "{body.get("displayName")}". Please choose another'
                " proxy address.",
            )


def names(world: World, name: str) -> Body:
    """Write what a group is called in Exchange's directory."""
    initial = next((one["id"] for one in world.store.all("domain") if one.get("isInitial")), "")
    escaped = re.sub(r'([,+"\\<>;=])', r"\\\1", name)
    return {
        "Name": name,
        "DistinguishedName": (
            f"CN={escaped},OU={initial},OU=Microsoft Exchange Hosted Organizations,"
            "DC=EURPR07A004,DC=PROD,DC=OUTLOOK,DC=COM"
        ),
    }


def smtp(address: str) -> str:
    """Write a further address as a proxy address."""
    return address if ":" in address else f"smtp:{address}"


def addresses_of(addresses: list[str]) -> Body:
    """Write what Graph tells of proxy addresses."""
    primary = next(one for one in addresses if one.startswith("SMTP:"))
    return {"proxyAddresses": addresses, "mail": primary.partition(":")[2]}


def initial_address(world: World, alias: str, address: str) -> list[str]:
    """Give the address in the initial domain that Exchange adds by itself."""
    initial = [one["id"] for one in world.store.all("domain") if one.get("isInitial")]
    addresses = [f"{alias}@{domain}" for domain in initial]
    return [f"smtp:{one}" for one in addresses if one.lower() != address.lower()]


def default_domain(world: World) -> str:
    """Tell the domain that addresses get when none is given."""
    return next((one["id"] for one in world.store.all("domain") if one.get("isDefault")), "")

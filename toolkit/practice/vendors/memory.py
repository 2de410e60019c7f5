"""What a vendor's server remembers: its settings, and the accounts that were connected.

Unlike the tenant it has to keep secrets and tokens as they are, for it signs in with them; they go
when the world is put back.
"""

from toolkit.practice.store import Body
from toolkit.practice.vendors.catalogue import Vendor
from toolkit.practice.world import World

KIND = "vendor"


def settings(world: World, vendor: Vendor) -> Body:
    """Read the settings; what was never set is as the vendor's page begins."""
    first = {one.name: one.value for one in vendor.fields}
    return first | (world.store.get(KIND, vendor.key) or {})


def keep_settings(world: World, vendor: Vendor, settings: Body) -> None:
    """Write the settings down."""
    world.put(KIND, vendor.key, settings | {"id": vendor.key}, lag=False)


def accounts(world: World, vendor: Vendor) -> list[Body]:
    """List the connected accounts."""
    return world.store.find(KIND, vendor=vendor.key)


def keep_account(world: World, vendor: Vendor, account: Body) -> None:
    """Write an account down; whoever connects again takes the place of the old one."""
    key = f"{vendor.key}/{account['address']}"
    world.put(KIND, key, account | {"id": key, "vendor": vendor.key}, lag=False)


def forget(world: World, key: str) -> None:
    """Forget settings or an account, and tell nobody: Entra doesn't hear of it."""
    world.remove(KIND, key, lag=False)

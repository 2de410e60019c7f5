"""The software of vendors, played on the practice tenant's own host, so that connecting can be tried.

Each has a page with its settings, sends people to sign in, redeems what comes back, and reads a
calendar. What it remembers is the vendor's, and no object of the tenant.
"""

from toolkit.practice.vendors.catalogue import addresses
from toolkit.practice.vendors.desk import answer

__all__ = ["addresses", "answer"]

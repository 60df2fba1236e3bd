"""What is in a backup, and in which order it is read.

The one place where the ground knows collections of services by name. Databases: those who only listen come
first, so that whoever is listened to has at least what they have. Collections: where an effect and the
receipt of it stand apart, the one that may safely lack the other is read first.
"""

from collections.abc import Iterable

#: Services in the order in which their databases are read.
SERVICES = ("gateway", "notifications", "loyalty", "interactions", "customers")

#: Read before the others of their database. A member that lacks what has a receipt is folded anew by
#: `wafa reconcile`; one that has what lacks a receipt would get it twice. In customers it is the other way
#: round: what is said twice of a customer changes nothing, and what is not said again is lost.
FIRST = {"loyalty": ("members",), "customers": ("receipts",)}

#: Of customers: the journal, hashes of identifiers that were erased, their key, what is to be erased.
CHANGES, ERASED, SECRETS, ERASE_AGAIN = "changes", "erased", "secrets", "erase_again"
#: Of notifications: the mark that keeps everything from going out until `wafa reconcile` is through.
SETTINGS, RESTORED = "settings", "restored"
#: In that mark, as long as the restore is not through: it was interrupted, or is at work.
UNFINISHED = "unfinished"

#: What waits for these was said by Wafa itself, of what is there no longer when a backup is restored.
OVERTAKEN = tuple(
    f"wafa.{service}{suspects}"
    for service in ("loyalty", "notifications", "gateway")
    for suspects in ("", ".suspects")
)


def in_order(service: str, collections: Iterable[str]) -> list[str]:
    """Return the collections of a service's database in the order in which they are to be read."""
    first = FIRST.get(service, ())
    return sorted(collections, key=lambda name: (first.index(name) if name in first else len(first), name))

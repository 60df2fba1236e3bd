"""Who is whom: aliases, the customers they are other names of, and all aliases of one customer."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.loyalty.member import Member, alias_target
from services.loyalty.store import LoyaltyStore


class Circular(Exception):
    """Customers point to each other in a circle.

    It passes: an un-merge that comes before the second merge is still on its way. The delivery policy takes
    the event again, later.
    """


@dataclass(frozen=True, slots=True)
class Family:
    """Documents of customers, and of all that they point to."""

    members: dict[str, Member]

    def chain(self, customer_id: str) -> list[str]:
        """Return the ids from this one to the customer that it is another name of, which may be itself.

        Raises:
            Circular: there is no end to it.
        """
        chain = [customer_id]
        while into := alias_target(self.members.get(chain[-1])):
            if into in chain:
                raise Circular(f"customers {', '.join(chain)} are aliases of each other")
            chain.append(into)
        return chain

    def root(self, customer_id: str) -> str:
        """Return the id of the customer that this one is another name of, which may be itself."""
        return self.chain(customer_id)[-1]


def find(store: LoyaltyStore, customer_ids: Iterable[str]) -> Family:
    """Read customers and what they point to: one query, and one for each step where there are aliases."""
    members: dict[str, Member] = {}
    asked: set[str] = set()
    missing = set(customer_ids)
    while missing:
        found = store.members(missing)
        members |= found
        asked |= missing
        missing = {into for one in found.values() if (into := alias_target(one))} - asked
    return Family(members)


def closure(store: LoyaltyStore, roots: Iterable[str]) -> dict[str, list[Member]]:
    """Return the documents of all aliases of each of these customers: of their aliases, too."""
    found: dict[str, list[Member]] = {root: [] for root in roots}
    root_of = {root: root for root in found}
    level = list(root_of)
    while level:
        aliases = [one for one in store.pointing_to(level) if one["_id"] not in root_of]
        for alias in aliases:
            root_of[alias["_id"]] = root_of[alias["merged"]["into"]]
            found[root_of[alias["_id"]]].append(alias)
        level = [alias["_id"] for alias in aliases]
    return found

"""What happened with a customer, as far as loyalty cares: the entries of the ledger.

Amounts are minor units of the program's base currency, points are whole, times are aware UTC datetimes cut to
the millisecond. None of the numbers is negative: the contract sees to that at the edge.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

#: Articles that are kept of one purchase or return: the first so many of its receipt.
MOST_LINES = 50


class Line(NamedTuple):
    """An article of a receipt, however many lines it had there.

    `price` is that of one piece, in minor units of the base currency; None where it cannot be converted. The
    texts are those of who sold it; `name` is forgotten when the customer is erased.
    """

    sku: str
    category: str | None
    quantity: int
    price: int | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """Something was bought.

    `key` is the identity of the event, `purchase` that of the purchase itself ("source|purchase_id"). `lines`
    are empty where nothing is known of what it was; at most `MOST_LINES`, each `sku` once.
    """

    key: str
    time: datetime
    purchase: str
    amount: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Return:
    """All or a part of a purchase was brought back; `purchase` names one that may not be known yet.

    `lines` are what came back, where that is known.
    """

    key: str
    time: datetime
    purchase: str
    amount: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Redemption:
    """Points were spent. The ledger records it even where the balance did not allow it."""

    key: str
    time: datetime
    points: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Points were given for another reason than a purchase; `grant` is the identity of the grant itself.

    That is "grant source|grant_id": a source has no blanks, so it is the identity of no purchase. `reason` is
    for people.
    """

    key: str
    time: datetime
    grant: str
    points: int
    reason: str


Fact = Purchase | Return | Redemption | Grant

#: The place of a fact in business-time order: its time, then its key, which breaks ties always the same way.
Moment = tuple[datetime, str]


def moment(fact: Fact) -> Moment:
    """Return the place of a fact in business-time order."""
    return fact.time, fact.key


def is_grant(identity: str) -> bool:
    """Tell whether this is the identity of a grant; otherwise it is that of a purchase."""
    return identity.startswith("grant ")

"""Points: lots with their own expiry, spent soonest-expiring first.

A purchase earns amount x earn rate x multiplier, rounded down, at the multiplier of the tier that was held
before it: a purchase that lifts the member still earns at the old rate. Its points can be used up to the day
before they expire, which is the same day of the month `expiry_months` later.

A return takes back what the returned part earned: the purchase keeps exactly the points that the part not
returned earns at the same rate, so that returning it in any parts takes back all of it. Points that have
expired meanwhile are gone already and are not taken twice. What the lot no longer holds because it was spent
is taken from the others, like a redemption. What they do not hold either is a debt, which the next points
earned pay first: the balance is below zero until then.

Points that are given for another reason than a purchase are a lot like any other, of nothing bought.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from services.loyalty.domain.days import months_after
from services.loyalty.domain.program import Program


class Lot(NamedTuple):
    """A purchase or a grant (its identity), and the points that it brought.

    `amount` was bought, of which `returned` came back, at the multiplier of `tier`. Of the points, `left` can
    still be spent; `lapsed` expired unspent when the day `expires` began.
    """

    purchase: str
    day: int
    amount: int
    returned: int
    tier: int
    left: int
    lapsed: int
    expires: int


class Totals(NamedTuple):
    """Points of all times. What was earned and neither taken back, spent nor expired is the balance."""

    earned: int = 0
    taken_back: int = 0
    spent: int = 0
    expired: int = 0

    @property
    def balance(self) -> int:
        """What the member has, or owes when it is below zero."""
        return self.earned - self.taken_back - self.spent - self.expired


class Purse:
    """A member's lots and debt, open for writing. `lots` are by the day of purchase, hence by expiry."""

    __slots__ = ("_program", "_valid", "debt", "earned", "expired", "lots", "spent", "taken_back")

    def __init__(self, program: Program, day: int, lots: Iterable[Lot], debt: int, totals: Totals) -> None:
        """Open the purse as it is on `day`."""
        self._program = program
        self.lots = list(lots)
        self.debt = debt
        self.earned, self.taken_back, self.spent, self.expired = totals
        self._valid = bisect_right(self.lots, day, key=_expires)

    @property
    def totals(self) -> Totals:
        """The totals so far."""
        return Totals(self.earned, self.taken_back, self.spent, self.expired)

    def pass_to(self, day: int) -> None:
        """Let what expires up to and including `day` expire."""
        while self._valid < len(self.lots) and self.lots[self._valid].expires <= day:
            lot = self.lots[self._valid]
            self.lots[self._valid] = lot._replace(left=0, lapsed=lot.left)
            self.expired += lot.left
            self._valid += 1

    def earn(self, purchase: str, day: int, amount: int, tier: int) -> None:
        """Add the lot of a purchase made on `day` in `tier`, less what pays the debt."""
        points = self._program.points(amount, tier)
        self._add(Lot(purchase, day, amount, 0, tier, points, 0, self._expiry(day)))

    def grant(self, grant: str, day: int, points: int) -> None:
        """Add a lot of points given on `day`, less what pays the debt; nothing was bought."""
        self._add(Lot(grant, day, 0, 0, 0, points, 0, self._expiry(day)))

    def take_back(self, at: int, amount: int) -> None:
        """Take back what `amount` of the purchase had earned; `at` is the place of its lot."""
        lot = self.lots[at]
        returned = lot._replace(returned=lot.returned + amount)
        points = self._taken(returned) - self._taken(lot)
        own = min(points, lot.left)
        self.lots[at] = returned._replace(left=lot.left - own)
        self.taken_back += points
        self._draw(points - own)

    def spend(self, points: int) -> None:
        """Spend points, whether they are there or not."""
        self.spent += points
        self._draw(points)

    def expiring(self) -> tuple[int, int] | None:
        """Return the day on which the next points expire, and how many."""
        day, points = 0, 0
        for lot in self.lots[self._valid :]:
            if points and lot.expires != day:
                break
            if lot.left:
                day, points = lot.expires, points + lot.left
        return (day, points) if points else None

    def _add(self, lot: Lot) -> None:
        paid = min(lot.left, self.debt)
        self.lots.append(lot._replace(left=lot.left - paid))
        self.debt -= paid
        self.earned += lot.left

    def _expiry(self, day: int) -> int:
        return months_after(day, self._program.expiry_months)

    def _taken(self, lot: Lot) -> int:
        earned = self._program.points(lot.amount, lot.tier)
        kept = self._program.points(lot.amount - lot.returned, lot.tier)
        return min(earned - kept, earned - lot.lapsed)

    def _draw(self, points: int) -> None:
        for at in range(self._valid, len(self.lots)):
            if not points:
                return
            lot = self.lots[at]
            drawn = min(points, lot.left)
            self.lots[at] = lot._replace(left=lot.left - drawn)
            points -= drawn
        self.debt += points


def _expires(lot: Lot) -> int:
    return lot.expires

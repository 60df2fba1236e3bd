"""A member's account, open for writing: facts and days go in, one by one and in order.

Rules that are told nowhere else:

- A purchase is known by its identity. Told again under another event key within 365 days, it counts once and
  the first telling stands; later than that, the number has been used anew and it is another purchase.
- A return takes effect at its own time. One that comes before its purchase waits for it up to 365 days and
  takes effect together with it. Returns never exceed their purchase; what is over has no effect.
- A customer is recognised by the purchase that completes the different UTC days the program asks for.
  Returns do not undo it: the customer did come back. Nor do they lower the number of purchases.
- The trail, which tells what is to be expected of a customer, knows only days on which something bought was
  kept: a purchase that went back as a whole does not count. One of nothing (a gift) cannot go back.
- A grant of points is known by its identity as a purchase is. It is no purchase: nothing but points moves.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from itertools import islice, takewhile

from services.loyalty.domain.days import WINDOW, day_of
from services.loyalty.domain.errors import Forgotten, Late, OtherProgram
from services.loyalty.domain.facts import Fact, Grant, Purchase, Redemption, Return, is_grant, moment
from services.loyalty.domain.footprints import Footprints
from services.loyalty.domain.points import Lot, Purse
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State, Waiting
from services.loyalty.domain.tiers import Cause, TierHistory


class Account:
    """Opened from a `State`, closed into the next one."""

    __slots__ = (
        "_places",
        "_program",
        "_remembers_all",
        "_waiting",
        "first_purchase_at",
        "footprints",
        "last",
        "last_purchase_at",
        "purchase_count",
        "purchase_days",
        "purse",
        "recognized_at",
        "spend",
        "tier_cause",
        "tier_since",
        "tiers",
    )

    def __init__(self, program: Program, state: State) -> None:
        """Open the account.

        Raises:
            OtherProgram: the state was folded with other rules.
        """
        if state.program != program.version:
            raise OtherProgram(state.program, program.version)
        self._program = program
        self.last = state.last
        self.tiers = TierHistory(program, state.day, state.standing, state.buckets)
        self.tier_since, self.tier_cause = state.tier_since, state.tier_cause
        self.purse = Purse(program, state.day, state.lots, state.debt, state.totals)
        self.spend = state.spend
        self.purchase_count, self.purchase_days = state.purchase_count, state.purchase_days
        self.first_purchase_at, self.last_purchase_at = state.first_purchase_at, state.last_purchase_at
        self.recognized_at = state.recognized_at
        self.footprints = Footprints(state.trail)
        self._waiting = state.waiting
        self._places = {lot.purchase: place for place, lot in enumerate(state.lots)}
        first = state.first_purchase_at
        self._remembers_all = first is None or self._in_window(day_of(first))

    @property
    def day(self) -> int:
        """The day as of which the account stands."""
        return self.tiers.day

    def pass_to(self, day: int) -> None:
        """Let the days up to and including `day` pass: spend leaves the window, tiers end, points expire."""
        if day > self.day:
            fell = self.tiers.pass_to(day)
            if fell:
                self.tier_since, self.tier_cause = fell, Cause.HOLD_ENDED
            self.purse.pass_to(day)

    def take(self, fact: Fact) -> None:
        """Enter a fact.

        Raises:
            Late: it belongs before something that the account has gone past.
            Forgotten: it returns a purchase that the account may have forgotten.
        """
        day, at = day_of(fact.time), moment(fact)
        if day < self.day or (self.last is not None and at <= self.last):
            raise Late(f"fact {fact.key} of {fact.time} comes before the last one that was folded")
        self.pass_to(day)
        self.tier_since = self.tier_since or fact.time
        match fact:
            case Purchase():
                self._purchase(fact)
            case Return():
                self._return(fact)
            case Redemption():
                self.purse.spend(fact.points)
            case Grant():
                self._grant(fact)
        self.last = at

    def state(self) -> State:
        """Close the account; what cannot matter any longer is left out."""
        buckets, purse = self.tiers.buckets, self.purse
        first = self.day - WINDOW + 1
        return State(
            program=self._program.version,
            last=self.last,
            day=self.day,
            standing=self.tiers.standing,
            tier_since=self.tier_since,
            tier_cause=self.tier_cause,
            buckets=tuple(buckets[bisect_left(buckets, (first - WINDOW + 1,)) :]),
            lots=tuple([lot for lot in purse.lots if lot.left or lot.day >= first]),
            debt=purse.debt,
            totals=purse.totals,
            spend=self.spend,
            purchase_count=self.purchase_count,
            purchase_days=self.purchase_days,
            first_purchase_at=self.first_purchase_at,
            last_purchase_at=self.last_purchase_at,
            recognized_at=self.recognized_at,
            waiting=tuple([one for one in self._waiting if one.day >= first]),
            trail=self.footprints.trail(self.spend),
        )

    def _purchase(self, fact: Purchase) -> None:
        if self._is_known(fact.purchase):
            return
        place = self._places[fact.purchase] = len(self.purse.lots)
        self.purse.earn(fact.purchase, self.day, fact.amount, self.tiers.standing.tier)
        returned = self._back_already(fact) if self._waiting else 0
        if returned:
            self.purse.take_back(place, returned)
        before = self.tiers.standing.tier
        self.tiers.add(fact.amount - returned)
        self._note_tier(before, fact.time, Cause.PURCHASE)
        self.spend += fact.amount - returned
        if _is_kept(self.purse.lots[place]):
            self.footprints.add(self.day)
        self._count(fact.time)

    def _grant(self, fact: Grant) -> None:
        if not self._is_known(fact.grant):
            self._places[fact.grant] = len(self.purse.lots)
            self.purse.grant(fact.grant, self.day, fact.points)

    def _is_known(self, told: str) -> bool:
        place = self._places.get(told)
        return place is not None and self._in_window(self.purse.lots[place].day)

    def _count(self, time: datetime) -> None:
        self.purchase_count += 1
        if self.last_purchase_at is None or day_of(self.last_purchase_at) != self.day:
            self.purchase_days += 1
        if self.recognized_at is None and self.purchase_days >= self._program.recognition_days:
            self.recognized_at = time
        self.first_purchase_at = self.first_purchase_at or time
        self.last_purchase_at = time

    def _back_already(self, fact: Purchase) -> int:
        mine = [one for one in self._waiting if one.purchase == fact.purchase and self._in_window(one.day)]
        self._waiting = tuple([one for one in self._waiting if one.purchase != fact.purchase])
        return min(fact.amount, sum(one.amount for one in mine))

    def _return(self, fact: Return) -> None:
        place = self._places.get(fact.purchase)
        if not self._is_known(fact.purchase) and not self._remembers_all:
            raise Forgotten(f"fact {fact.key} returns purchase {fact.purchase}, which is not remembered")
        if place is None:
            self._waiting += (Waiting(fact.purchase, self.day, fact.amount),)
            return
        lot = self.purse.lots[place]
        amount = min(fact.amount, lot.amount - lot.returned)
        before = self.tiers.standing.tier
        self.purse.take_back(place, amount)
        self.tiers.take_off(lot.day, amount)
        self._note_tier(before, fact.time, Cause.RETURN)
        self.spend -= amount
        if amount and not any(map(_is_kept, self._bought_on(lot.day))):
            self.footprints.remove(lot.day)

    def _bought_on(self, day: int) -> Iterator[Lot]:
        lots = self.purse.lots
        since = islice(lots, bisect_left(lots, day, key=_day), None)
        return (lot for lot in takewhile(lambda one: one.day == day, since) if not is_grant(lot.purchase))

    def _note_tier(self, before: int, time: datetime, cause: Cause) -> None:
        if self.tiers.standing.tier != before:
            self.tier_since, self.tier_cause = time, cause

    def _in_window(self, day: int) -> bool:
        return day > self.day - WINDOW


def _is_kept(lot: Lot) -> bool:
    return lot.returned < lot.amount or not lot.amount


def _day(lot: Lot) -> int:
    return lot.day

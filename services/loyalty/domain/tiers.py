"""Tiers: reached the moment the spend is enough, held for a while after it no longer is.

The rule, after section 4 of the design: the qualifying spend of a day is what was bought, less what was
returned of it, on the 365 days that end with that day. A tier is reached the moment the spend is enough for
it, and held for its `hold_days` from the last day it was qualified; on the day after, the member moves to the
tier that the spend of that day supports.

A return counts on the day of its purchase. So it corrects the spend of days gone by, and with it the last day
on which a tier was qualified: from the moment of the return, the member stands where the purchase would have
brought them without the part that went back. What they held in between they did hold: purchases made
meanwhile keep the points they earned then.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from services.loyalty.domain.days import WINDOW, start_of
from services.loyalty.domain.program import Program


class Cause(StrEnum):
    """What moved a member to another tier."""

    PURCHASE = "purchase"
    RETURN = "return"
    HOLD_ENDED = "hold_ended"
    CORRECTION = "correction"


class Standing(NamedTuple):
    """A tier (its place in the program), and the last day to which what was bought so far secures it."""

    tier: int
    until: int


class Bucket(NamedTuple):
    """What a day's purchases come to, less what was returned of them by now.

    `tier` and `until` are the standing on that day without them: from there, a return lives through the days
    since then again.
    """

    day: int
    net: int
    tier: int
    until: int


class TierHistory:
    """How a member got to where they stand, open for writing.

    `buckets` are the days with purchases, oldest first; at least those of the last two windows, which is as
    far as the spend of any day in the last window looks back.
    """

    __slots__ = ("_oldest", "_program", "buckets", "day", "spend", "standing")

    def __init__(self, program: Program, day: int, standing: Standing, buckets: Iterable[Bucket]) -> None:
        """Open the history as it is after `day`."""
        self._program = program
        self.day = day
        self.standing = standing
        self.buckets = list(buckets)
        self._oldest = _first_after(self.buckets, day - WINDOW)
        self.spend = sum([bucket.net for bucket in self._window()])

    def pass_to(self, day: int) -> datetime | None:
        """Let the days up to and including `day` pass without a purchase; return when the tier last fell."""
        fell = None
        for bucket in self._window():
            leaves = bucket.day + WINDOW
            if leaves > day:
                break
            fell = self._live_through(leaves - 1) or fell
            self.spend -= bucket.net
            self._oldest += 1
        self.day = day
        return self._live_through(day) or fell

    def add(self, amount: int) -> None:
        """Count a purchase of today."""
        if not self.buckets or self.buckets[-1].day != self.day:
            self.buckets.append(Bucket(self.day, 0, *self.standing))
        day, net, tier, until = self.buckets[-1]
        self.buckets[-1] = Bucket(day, net + amount, tier, until)
        self.spend += amount
        self._live_through(self.day)

    def take_off(self, day: int, amount: int) -> None:
        """Count a return on the `day` of its purchase, and live through the days since then again."""
        at = _first_after(self.buckets, day - 1)
        first, *later = self.buckets[at:]
        again = TierHistory(self._program, day, Standing(first.tier, first.until), self.buckets[:at])
        again.add(first.net - amount)
        for bucket in later:
            again.pass_to(bucket.day)
            again.add(bucket.net)
        again.pass_to(self.day)
        self.buckets, self._oldest = again.buckets, again._oldest
        self.spend, self.standing = again.spend, again.standing

    def spend_falls(self) -> int | None:
        """Return the first day on which the spend is less if nothing more is bought."""
        return next((bucket.day + WINDOW for bucket in self._window() if bucket.net), None)

    def ends(self) -> int | None:
        """Return the first day on which the tier is lost if nothing more is bought; never, for the lowest."""
        tier, until = self.standing
        if tier == 0:
            return None
        spend = self.spend
        for bucket in self._window():
            if self._program.supported(spend) < tier:
                break
            spend -= bucket.net
            until = bucket.day + WINDOW - 1 + self._program.hold(tier)
        return until + 1

    def _window(self) -> Iterator[Bucket]:
        return islice(self.buckets, self._oldest, None)

    def _live_through(self, day: int) -> datetime | None:
        """Let the days up to `day` pass, on all of which the spend is today's; return when the tier fell."""
        tier, until = self.standing
        supported = self._program.supported(self.spend)
        if supported < tier and day <= until:
            return None
        self.standing = Standing(supported, day + self._program.hold(supported))
        return start_of(until + 1) if supported < tier else None


def _first_after(buckets: list[Bucket], day: int) -> int:
    return bisect_left(buckets, (day + 1,))

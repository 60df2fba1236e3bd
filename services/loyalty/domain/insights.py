"""How customers come back: counts over many members that can be added up, page by page.

Months are calendar months of UTC, `2026-03`. A member's *days* are the different UTC days with a purchase of
which something was kept, as in `outlook.trail`; a member without one is in no figure but that of the tiers.
Everything here is a whole number: rates are worked out once, from the sums.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.loyalty.domain.days import WINDOW, day_of
from services.loyalty.domain.facts import Fact, Purchase, Return, moment


@dataclass(slots=True)
class _Bought:
    day: int
    amount: int
    returned: int = 0

    @property
    def kept(self) -> bool:
        return self.returned < self.amount or not self.amount


def days_of(facts: Iterable[Fact]) -> list[int]:
    """Return the days (ordinals) on which a customer bought something and kept it, ascending."""
    bought: list[_Bought] = []
    latest: dict[str, _Bought] = {}
    waiting: dict[str, list[Return]] = {}
    for fact in sorted({one.key: one for one in facts}.values(), key=moment):
        day = day_of(fact.time)
        match fact:
            case Purchase():
                known = latest.get(fact.purchase)
                if known and known.day > day - WINDOW:
                    continue
                early = [one for one in waiting.pop(fact.purchase, ()) if day_of(one.time) > day - WINDOW]
                back = min(fact.amount, sum(one.amount for one in early))
                latest[fact.purchase] = _Bought(day, fact.amount, back)
                bought.append(latest[fact.purchase])
            case Return():
                if one := latest.get(fact.purchase):
                    one.returned += min(fact.amount, one.amount - one.returned)
                else:
                    waiting.setdefault(fact.purchase, []).append(fact)
    return sorted({one.day for one in bought if one.kept})


@dataclass(frozen=True, slots=True)
class Known:
    """A member, as far as insights go. `spend` is in minor units, net of returns, of all times."""

    days: Sequence[int]
    spend: int
    tier: str
    standing: str | None


@dataclass(slots=True)
class Sums:
    """What is counted of some members; those of several pages are added up.

    Attributes:
        members: members.
        buyers: members with at least one day; `repeat` of them have two or more.
        gaps: how many intervals between one day and the next were so many days long.
        cohorts: by the month of the first day, then by month: members of it who bought then. The first of
            these is how many there are.
        spends: by the month of the first day: what its members spent.
        tiers, tier_spends: members, and what they spent, by tier.
        months: by month, `active` (bought), `new` (for the first time), `stayed` (the month before, too).
        standings: members by how they stand.
    """

    members: int = 0
    buyers: int = 0
    repeat: int = 0
    gaps: Counter[int] = field(default_factory=Counter)
    cohorts: dict[str, Counter[str]] = field(default_factory=dict)
    spends: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    tier_spends: Counter[str] = field(default_factory=Counter)
    months: dict[str, Counter[str]] = field(default_factory=dict)
    standings: Counter[str] = field(default_factory=Counter)

    def add(self, one: Known) -> None:
        """Count a member."""
        self.members += 1
        self.tiers[one.tier] += 1
        self.tier_spends[one.tier] += one.spend
        if one.standing:
            self.standings[one.standing] += 1
        if not one.days:
            return
        self.buyers += 1
        self.repeat += len(one.days) > 1
        self.gaps.update(later - day for day, later in zip(one.days, one.days[1:], strict=False))
        months = list(dict.fromkeys(map(_month, one.days)))
        cohort = _name(months[0])
        self.cohorts.setdefault(cohort, Counter()).update(map(_name, months))
        self.spends[cohort] += one.spend
        for place, month in enumerate(months):
            counted = self.months.setdefault(_name(month), Counter())
            counted["active"] += 1
            counted["new"] += place == 0
            counted["stayed"] += place > 0 and months[place - 1] == month - 1


def _month(day: int) -> int:
    """Return the number of a day's month, counted from the year 0."""
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


def _name(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"

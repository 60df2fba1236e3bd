"""The figures of a member worked out in the slowest way: straight from the rules, day by day, from all facts.

It shares no code with the fold but the facts and the program, and knows nothing of states, windows kept or
days skipped. What the fold computes must be what this computes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from math import exp, log

from services.loyalty.domain.facts import Fact, Grant, Purchase, Redemption, Return
from services.loyalty.domain.program import Program


@dataclass
class Bought:
    purchase: str
    day: date
    amount: int
    rate: Fraction
    expires: date
    returned: int = 0
    left: int = 0
    lapsed: int = 0
    taken: int = 0


@dataclass
class Figures:
    tier: str = ""
    tier_since: datetime | None = None
    qualifying_spend: int = 0
    spend: int = 0
    points: int = 0
    earned: int = 0
    taken_back: int = 0
    spent: int = 0
    expired: int = 0
    purchase_count: int = 0
    recognized_at: datetime | None = None
    due_at: datetime | None = None
    kept_on: list[date] = field(default_factory=list)


@dataclass
class Book:
    program: Program
    purchases: list[Bought] = field(default_factory=list)
    grants: list[Bought] = field(default_factory=list)
    waiting: list[tuple[str, date, int]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    day: date = date.min
    tier: int = 0
    tier_since: datetime | None = None
    debt: int = 0
    figures: Figures = field(default_factory=Figures)

    def spend_on(self, day: date) -> int:
        window = timedelta(days=364)
        return sum(one.amount - one.returned for one in self.purchases if day - window <= one.day <= day)

    def supported(self, spend: int) -> int:
        return max(place for place, tier in enumerate(self.program.tiers) if tier.threshold <= spend)

    def tiers_to(self, today: date) -> Iterator[tuple[date, int]]:
        """Every day from the first purchase on, and the tier held on it by what is known now."""
        day = min((one.day for one in self.purchases), default=today)
        held, qualified = 0, day
        while day <= today:
            supported = self.supported(self.spend_on(day))
            over = day > qualified + timedelta(days=self.program.tiers[held].hold_days)
            if supported >= held or over:
                held, qualified = supported, day
            yield day, held
            day += timedelta(days=1)

    def live_to(self, today: date) -> None:
        """Let the days since the last fact pass."""
        for day, tier in self.tiers_to(today):
            if day > self.day and tier != self.tier:
                self.tier, self.tier_since = tier, datetime.combine(day, time.min, UTC)
        self.day = today
        self.expire(today)

    def after(self, fact: Fact) -> None:
        """See what a fact has made of the tier."""
        tier = dict(self.tiers_to(self.day))[self.day]
        if tier != self.tier or self.tier_since is None:
            self.tier, self.tier_since = tier, fact.time

    def expire(self, today: date) -> None:
        for one in self.lots():
            if one.expires <= today and one.left:
                self.figures.expired += one.left
                one.left, one.lapsed = 0, one.left

    def draw(self, points: int) -> None:
        for one in sorted(self.lots(), key=lambda one: one.expires):
            drawn = min(points, one.left)
            one.left -= drawn
            points -= drawn
        self.debt += points

    def lots(self) -> list[Bought]:
        return [*self.purchases, *self.grants]

    def known(self, purchase: str) -> Bought | None:
        return next((one for one in reversed(self.purchases) if one.purchase == purchase), None)

    def buy(self, fact: Purchase) -> None:
        today = fact.time.date()
        known = self.known(fact.purchase)
        if known and today - known.day < timedelta(days=365):
            return
        rate = Fraction(self.program.earn_rate) * Fraction(self.program.tiers[self.tier].multiplier)
        one = Bought(fact.purchase, today, fact.amount, rate, months_later(today, self.program.expiry_months))
        earned = self.worth(one, fact.amount)
        one.left = max(0, earned - self.debt)
        self.debt = max(0, self.debt - earned)
        self.figures.earned += earned
        self.purchases.append(one)
        self.times.append(fact.time)
        if self.figures.recognized_at is None and len(self.days()) >= self.program.recognition_days:
            self.figures.recognized_at = fact.time
        for purchase, day, amount in self.waiting:
            if purchase == fact.purchase and today - day < timedelta(days=365):
                self.bring_back(one, amount)
        self.waiting = [entry for entry in self.waiting if entry[0] != fact.purchase]

    def give(self, fact: Grant) -> None:
        today = fact.time.date()
        given = [one for one in self.grants if one.purchase == fact.grant]
        if any(today - one.day < timedelta(days=365) for one in given):
            return
        one = Bought(fact.grant, today, 0, Fraction(0), months_later(today, self.program.expiry_months))
        one.left = max(0, fact.points - self.debt)
        self.debt = max(0, self.debt - fact.points)
        self.figures.earned += fact.points
        self.grants.append(one)

    def bring_back(self, one: Bought, amount: int) -> None:
        one.returned = min(one.amount, one.returned + amount)
        earned = self.worth(one, one.amount)
        taken = min(earned - self.worth(one, one.amount - one.returned), earned - one.lapsed)
        now, one.taken = taken - one.taken, taken
        self.figures.taken_back += now
        own = min(now, one.left)
        one.left -= own
        self.draw(now - own)

    def worth(self, one: Bought, amount: int) -> int:
        return int(amount * one.rate / 10**self.program.base_digits)

    def days(self) -> set[date]:
        return {time.date() for time in self.times}


def months_later(day: date, months: int) -> date:
    first, month = day.replace(day=1), timedelta(days=31)
    for _ in range(months):
        first = (first + month).replace(day=1)
    last = (first + month).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def figures(program: Program, facts: Iterable[Fact], now: datetime) -> Figures:
    book = Book(program)
    for fact in sorted(facts, key=lambda fact: (fact.time, fact.key)):
        book.live_to(fact.time.date())
        match fact:
            case Purchase():
                book.buy(fact)
            case Return():
                one = book.known(fact.purchase)
                if one:
                    book.bring_back(one, fact.amount)
                else:
                    book.waiting.append((fact.purchase, fact.time.date(), fact.amount))
            case Redemption():
                book.figures.spent += fact.points
                book.draw(fact.points)
            case Grant():
                book.give(fact)
        book.after(fact)
    today = now.date()
    book.live_to(today)
    book.figures.tier = program.tiers[book.tier].code
    book.figures.tier_since = book.tier_since
    book.figures.qualifying_spend = book.spend_on(today)
    book.figures.spend = sum(one.amount - one.returned for one in book.purchases)
    book.figures.points = sum(one.left for one in book.lots()) - book.debt
    book.figures.purchase_count = len(book.purchases)
    kept = [one for one in book.purchases if one.returned < one.amount or one.amount == 0]
    book.figures.kept_on = sorted({one.day for one in kept})
    book.figures.due_at = due(program, book)
    return book.figures


def due(program: Program, book: Book) -> datetime | None:
    """The last day on which something was kept, plus the middle of what the priors make of the intervals."""
    days, priors = book.figures.kept_on, program.model.rhythm
    if len(days) < 2:
        return None
    logs = [log((later - day).days / 7) for day, later in pairwise(days)]
    weeks = exp((sum(logs) + priors.weight * priors.mean) / (len(logs) + priors.weight))
    last = max(book.times)
    since = last if last.date() == days[-1] else datetime.combine(days[-1], time.min, UTC)
    return since + timedelta(milliseconds=round(weeks * 7 * 86_400_000))

"""The figures of a member worked out in the slowest way: straight from the rules, day by day, from all facts.

It shares no code with the fold but the facts and the program, and knows nothing of states, windows kept or
days skipped. What the fold computes must be what this computes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from services.loyalty.domain.facts import Fact, Purchase, Redemption, Return
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


@dataclass
class Book:
    program: Program
    purchases: list[Bought] = field(default_factory=list)
    waiting: list[tuple[str, date, int]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    debt: int = 0
    figures: Figures = field(default_factory=Figures)

    def spend_on(self, day: date) -> int:
        window = timedelta(days=364)
        return sum(one.amount - one.returned for one in self.purchases if day - window <= one.day <= day)

    def supported(self, spend: int) -> int:
        return max(place for place, tier in enumerate(self.program.tiers) if tier.threshold <= spend)

    def tier_on(self, today: date) -> int:
        held, qualified = 0, today
        day = min((one.day for one in self.purchases), default=today)
        while day <= today:
            supported = self.supported(self.spend_on(day))
            over = day > qualified + timedelta(days=self.program.tiers[held].hold_days)
            if supported >= held or over:
                held, qualified = supported, day
            day += timedelta(days=1)
        return held

    def expire(self, today: date) -> None:
        for one in self.purchases:
            if one.expires <= today and one.left:
                self.figures.expired += one.left
                one.left, one.lapsed = 0, one.left

    def draw(self, points: int) -> None:
        for one in sorted(self.purchases, key=lambda one: one.expires):
            drawn = min(points, one.left)
            one.left -= drawn
            points -= drawn
        self.debt += points

    def known(self, purchase: str) -> Bought | None:
        return next((one for one in reversed(self.purchases) if one.purchase == purchase), None)

    def buy(self, fact: Purchase) -> None:
        today = fact.time.date()
        known = self.known(fact.purchase)
        if known and today - known.day < timedelta(days=365):
            return
        rate = Fraction(self.program.earn_rate) * Fraction(self.program.tiers[self.tier_on(today)].multiplier)
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
        book.expire(fact.time.date())
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
    today = now.date()
    book.expire(today)
    book.figures.tier = program.tiers[book.tier_on(today)].code
    book.figures.qualifying_spend = book.spend_on(today)
    book.figures.spend = sum(one.amount - one.returned for one in book.purchases)
    book.figures.points = sum(one.left for one in book.purchases) - book.debt
    book.figures.purchase_count = len(book.purchases)
    days = sorted(book.days())
    if len(days) > 1:
        milliseconds = (days[-1] - days[0]) // timedelta(milliseconds=1) // (len(days) - 1)
        book.figures.due_at = max(book.times) + timedelta(milliseconds=milliseconds)
    return book.figures

"""The ledger as the member would read it: what happened, what it did to the points, what that left."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from services.loyalty.domain.account import Account
from services.loyalty.domain.days import day_of, start_of
from services.loyalty.domain.facts import Fact, Grant, Purchase, Redemption, moment
from services.loyalty.domain.points import Totals
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import start


class Kind(StrEnum):
    """What an entry is about. The last two happen by themselves, when the day begins."""

    PURCHASE = "purchase"
    RETURN = "return"
    REDEMPTION = "redemption"
    GRANT = "grant"
    EXPIRY = "expiry"
    HOLD_ENDED = "hold_ended"


#: The place of an entry in the statement: its time, then what it is about. No two entries share one.
Place = tuple[datetime, str]
_FIRST = {Kind.EXPIRY: "0", Kind.HOLD_ENDED: "1"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the statement.

    `key`, `purchase` and `amount` (minor units) are those of the fact, where it has them. Then come the
    points that moved, none below zero, and the `balance` and the `tier` (code) after it. A
    grant has its `reason`.
    """

    time: datetime
    kind: Kind
    key: str | None
    purchase: str | None
    amount: int | None
    earned: int
    taken_back: int
    spent: int
    expired: int
    balance: int
    tier: str
    reason: str | None = None

    @property
    def place(self) -> Place:
        """Where it stands: what happens by itself comes before all facts of its day."""
        return self.time, _FIRST.get(self.kind) or f"2 {self.key}"


def statement(program: Program, facts: Iterable[Fact], now: datetime) -> list[Entry]:
    """Return all entries up to `now`, and those of facts later than that, in business-time order."""
    return list(_entries(program, facts, now))


def latest(
    program: Program, facts: Iterable[Fact], now: datetime, limit: int, before: Place | None = None
) -> list[Entry]:
    """Return the last `limit` entries of the statement, or the last of those before a place, latest first."""
    told = _entries(program, facts, now)
    wanted = told if before is None else takewhile(lambda one: one.place < before, told)
    return list(deque(wanted, maxlen=limit))[::-1]


def _entries(program: Program, facts: Iterable[Fact], now: datetime) -> Iterator[Entry]:
    account = Account(program, start(program))
    for fact in sorted({fact.key: fact for fact in facts}.values(), key=moment):
        yield from _pass_to(program, account, day_of(fact.time))
        yield _enter(program, account, fact)
    yield from _pass_to(program, account, day_of(now))


def _enter(program: Program, account: Account, fact: Fact) -> Entry:
    before = account.purse.totals
    account.take(fact)
    match fact:
        case Redemption():
            return _entry(program, account, before, fact.time, Kind.REDEMPTION, fact.key)
        case Grant():
            entry = _entry(program, account, before, fact.time, Kind.GRANT, fact.key)
            return replace(entry, reason=fact.reason)
        case _:
            kind = Kind.PURCHASE if isinstance(fact, Purchase) else Kind.RETURN
            return _entry(program, account, before, fact.time, kind, fact.key, fact.purchase, fact.amount)


def _pass_to(program: Program, account: Account, day: int) -> Iterator[Entry]:
    while (change := _next_change(account)) and change <= day:
        before, tier = account.purse.totals, account.tiers.standing.tier
        account.pass_to(change)
        if account.purse.expired != before.expired:
            yield _entry(program, account, before, start_of(change), Kind.EXPIRY)
        if account.tiers.standing.tier != tier:
            yield _entry(program, account, account.purse.totals, start_of(change), Kind.HOLD_ENDED)
    account.pass_to(day)


def _next_change(account: Account) -> int | None:
    expiring = account.purse.expiring()
    days = [day for day in (account.tiers.ends(), expiring and expiring[0]) if day]
    return min(days, default=None)


def _entry(
    program: Program,
    account: Account,
    before: Totals,
    time: datetime,
    kind: Kind,
    key: str | None = None,
    purchase: str | None = None,
    amount: int | None = None,
) -> Entry:
    after = account.purse.totals
    return Entry(
        time=time,
        kind=kind,
        key=key,
        purchase=purchase,
        amount=amount,
        earned=after.earned - before.earned,
        taken_back=after.taken_back - before.taken_back,
        spent=after.spent - before.spent,
        expired=after.expired - before.expired,
        balance=after.balance,
        tier=program.tiers[account.tiers.standing.tier].code,
    )

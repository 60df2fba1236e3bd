"""Words for telling what happened to a customer: `bought("2024-01-05", "30.00")`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from services.loyalty.domain.facts import Fact, Grant, Purchase, Redemption, Return
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.domain.outlook.rhythm import RhythmPriors
from services.loyalty.domain.program import Program, Tier
from services.loyalty.domain.view import View, view

_numbers = count(1)

#: Nobody is expected as others are: whose intervals were 10 days is due after 10.
OWN = RhythmPriors(mean=1.4, weight=0, spread=1, steadiness=4)


def program(
    *tiers: tuple[str, int, str, int],
    currency: tuple[str, int] = ("USD", 2),
    earn_rate: str = "1",
    expiry_months: int = 12,
    recognition_days: int = 2,
    rates: Mapping[str, str] | None = None,
    rhythm: RhythmPriors = OWN,
) -> Program:
    """A program of tiers (code, threshold in minor units, multiplier, hold days)."""
    return Program(
        base_currency=currency[0],
        base_digits=currency[1],
        earn_rate=Decimal(earn_rate),
        tiers=tuple(
            Tier(code, {"ar": code, "en": code}, threshold, Decimal(multiplier), hold_days)
            for code, threshold, multiplier, hold_days in tiers or [("member", 0, "1", 0)]
        ),
        recognition_days=recognition_days,
        expiry_months=expiry_months,
        rates={code: Decimal(rate) for code, rate in (rates or {}).items()},
        model=replace(PRIORS, rhythm=rhythm),
    )


#: The program that most stories are told with: 1 point a dollar, silver from 100 dollars, gold from 250.
PROGRAM = program(("member", 0, "1", 0), ("silver", 100_00, "1.25", 30), ("gold", 250_00, "1.5", 60))


def at(text: str) -> datetime:
    """A time, from `2024-01-05` (noon, UTC) or `2024-01-05T23:59:59.999`."""
    time = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return time if "T" in text else time + timedelta(hours=12)


def midnight(text: str) -> datetime:
    """The first moment of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def bought(when: str, amount: str, *, purchase: str = "", key: str = "") -> Purchase:
    number = next(_numbers)
    return Purchase(key or f"k{number:06}", at(when), purchase or f"till|{number}", _minor(amount))


def returned(when: str, purchase: Purchase | str, amount: str) -> Return:
    identity = purchase if isinstance(purchase, str) else purchase.purchase
    return Return(f"k{next(_numbers):06}", at(when), identity, _minor(amount))


def redeemed(when: str, points: int) -> Redemption:
    return Redemption(f"k{next(_numbers):06}", at(when), points)


def given(when: str, points: int, *, grant: str = "") -> Grant:
    number = next(_numbers)
    return Grant(f"k{number:06}", at(when), f"grant desk|{grant or number}", points, "an apology")


def seen(when: str, *facts: Fact, by: Program = PROGRAM) -> View:
    """The member that these facts made, as of a time."""
    return view(by, rebuild(by, facts), at(when))


def _minor(amount: str) -> int:
    return int(Decimal(amount) * 100)

"""The loyalty program: the rules that turn purchases into tiers and points."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from services.loyalty.domain.outlook.model import PRIORS, Model

#: Raise it when the fold makes something else of the same facts: stored states are then folded anew.
_FOLD = 1


@dataclass(frozen=True, slots=True)
class Tier:
    """A rank that qualifying spend leads to.

    `threshold` is in minor units of the base currency; for `hold_days` the tier is kept after the last day on
    which the spend was enough for it; `titles` are its names by language (ar, en).
    """

    code: str
    titles: Mapping[str, str]
    threshold: int
    multiplier: Decimal
    hold_days: int


@dataclass(frozen=True, slots=True)
class Program:
    """The rules, checked. Tiers are known by their place in `tiers`, lowest first.

    Attributes:
        base_currency: ISO 4217 code; every amount in the domain is in its minor units.
        base_digits: its decimals, such as 2 for USD.
        earn_rate: points for one unit (not minor unit) of the base currency, before the tier's multiplier.
        tiers: by ascending threshold, the first of which is 0.
        recognition_days: a customer is recognised who bought on so many different UTC days.
        expiry_months: calendar months after which the points of a purchase expire.
        rates: what one unit of another currency is worth in the base currency.
        model: what is to be expected of members. No figure of the ledger depends on it.
        version: a digest of the rules that a member's figures depend on. Titles are not among them, nor are
            exchange rates: those were used up when a purchase was entered in the ledger. Nor is the model.

    Raises:
        ValueError: the tiers are not in order. The program file is checked with better words.
    """

    base_currency: str
    base_digits: int
    earn_rate: Decimal
    tiers: tuple[Tier, ...]
    recognition_days: int
    expiry_months: int
    rates: Mapping[str, Decimal]
    model: Model = PRIORS
    version: str = field(init=False)
    _thresholds: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _holds: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _earning: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the order of the tiers, and prepare what every event asks for."""
        thresholds = tuple(tier.threshold for tier in self.tiers)
        if not thresholds or thresholds[0] != 0 or list(thresholds) != sorted(set(thresholds)):
            raise ValueError(f"thresholds must start with 0 and ascend, not {thresholds}")
        earning = (Fraction(self.earn_rate) * Fraction(tier.multiplier) for tier in self.tiers)
        per_minor = (rate / 10**self.base_digits for rate in earning)
        object.__setattr__(self, "_thresholds", thresholds)
        object.__setattr__(self, "_holds", tuple(tier.hold_days for tier in self.tiers))
        object.__setattr__(self, "_earning", tuple(rate.as_integer_ratio() for rate in per_minor))
        object.__setattr__(self, "version", self._digest())

    def supported(self, spend: int) -> int:
        """Return the highest tier that a qualifying spend is enough for."""
        return bisect_right(self._thresholds, spend) - 1

    def hold(self, tier: int) -> int:
        """Return for how many days a tier is kept after the last day on which it was qualified."""
        return self._holds[tier]

    def points(self, amount: int, tier: int) -> int:
        """Return what an amount earns in a tier: amount x earn rate x multiplier, rounded down, exactly."""
        numerator, denominator = self._earning[tier]
        return amount * numerator // denominator

    def _digest(self) -> str:
        codes = tuple(tier.code for tier in self.tiers)
        currency = (self.base_currency, self.base_digits)
        figures = (self._thresholds, self._holds, self._earning, self.recognition_days, self.expiry_months)
        return sha256(repr((_FOLD, currency, codes, figures)).encode()).hexdigest()[:16]

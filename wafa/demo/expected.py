"""What the file says should come out, worked out as plainly as section 4 of the design words it.

This shares no code with the loyalty service, keeps nothing between days but what the rules name, and walks
through every day of every customer: slow, and easy to check by eye.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import yaml
from dateutil.relativedelta import relativedelta

from wafa.cli.history import Line
from wafa.demo.people import complaining, resolved, withdrawn

Day = date
#: By `campaigns/apology.yml`.
APOLOGY = 200


@dataclass(slots=True)
class Expected:
    """The figures that Wafa must arrive at."""

    purchases: Counter[str] = field(default_factory=Counter)
    spend: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    days: dict[str, set[Day]] = field(default_factory=lambda: defaultdict(set))
    tiers: Counter[str] = field(default_factory=Counter)
    points: int = 0
    launched: Day = date.max

    @property
    def repeat(self) -> set[str]:
        """The customers who bought on two different days."""
        return {customer for customer, days in self.days.items() if len(days) >= 2}

    @property
    def repeat_by_launch(self) -> int:
        """How many of them had done so when the campaigns were launched."""
        return sum(sorted(self.days[one])[1] <= self.launched for one in self.repeat)

    @property
    def withheld(self) -> Counter[str]:
        """How many of them must not be thanked by mail, by reason; consent is asked for first."""
        reasons = (
            "unsubscribed" if withdrawn(one) else "open_complaint" if self._complains(one) else ""
            for one in self.repeat
        )
        return Counter(filter(None, reasons))

    @property
    def mailed(self) -> int:
        """How many of them get a mail."""
        return len(self.repeat) - self.withheld.total()

    def _complains(self, customer: str) -> bool:
        """Tell whether their complaint was open when they came back; some are settled at the launch."""
        came_back = sorted(self.days[customer])[1]
        return complaining(customer) and not (resolved(customer) and came_back > self.launched)


def work_out(
    lines: Sequence[tuple[Line, datetime]], program_file: Path, today: Day, launched: Day = date.max
) -> Expected:
    """Return what these purchases come to by the rules of the program file on the day `today`.

    If campaigns were `launched`, one of them gave points that evening to whoever had a complaint.
    """
    program = yaml.load(program_file.read_text(encoding="utf-8"), yaml.BaseLoader)
    expected = Expected(launched=launched)
    bought: dict[str, list[tuple[Day, Decimal]]] = defaultdict(list)
    for line, moment in sorted(lines, key=lambda pair: pair[1]):
        expected.purchases[line.customer] += 1
        expected.spend[line.customer] += line.amount
        expected.days[line.customer].add(moment.date())
        bought[line.customer].append((moment.date(), line.amount))
    for purchases in bought.values():
        tier, points = _live(purchases, program, today)
        expected.tiers[program["tiers"][tier]["code"]] += 1
        expected.points += points
    expected.points += APOLOGY * sum(map(resolved, bought)) if launched <= today else 0
    return expected


def _live(purchases: Sequence[tuple[Day, Decimal]], program: dict[str, Any], today: Day) -> tuple[int, int]:
    """Walk through a customer's days; return the tier (its place) and the points on `today`."""
    tiers = program["tiers"]
    thresholds = [Decimal(tier["threshold"]) for tier in tiers]
    tier, qualified, points = 0, purchases[0][0], 0
    day = purchases[0][0]
    while day <= today:
        spend = sum((amount for on, amount in purchases if day - timedelta(days=365) < on < day), Decimal())
        for amount in [None, *(amount for on, amount in purchases if on == day)]:
            if amount is not None:
                rate = Decimal(program["earn_rate"]) * Decimal(tiers[tier]["multiplier"])
                earned = int((amount * rate).to_integral_value(ROUND_FLOOR))
                if day + relativedelta(months=int(program["expiry_months"])) > today:
                    points += earned
                spend += amount
            supported = max(place for place, threshold in enumerate(thresholds) if spend >= threshold)
            if supported >= tier or day > qualified + timedelta(days=int(tiers[tier]["hold_days"])):
                tier, qualified = supported, day
        day += timedelta(days=1)
    return tier, points

"""What the campaigns of the demo should come to, worked out from the file as plainly as the design words it.

This shares no code with the notifications service. The campaigns are those in `campaigns/`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from wafa.cli.history import Line
from wafa.demo.people import complaining, consenting

#: By `campaigns/win-back.yml`.
UNSEEN_DAYS, HOLDOUT, WINDOW = 120, 0.2, timedelta(weeks=13)


@dataclass(slots=True)
class Broadcast:
    """What becomes of the win-back broadcast."""

    contacted: set[str] = field(default_factory=set)
    held_out: set[str] = field(default_factory=set)
    suppressed: Counter[str] = field(default_factory=Counter)
    converted: Counter[str] = field(default_factory=Counter)
    revenue: Decimal = Decimal()

    @property
    def audience(self) -> int:
        """How many customers it is for."""
        return len(self.contacted) + len(self.held_out) + self.suppressed.total()


def win_back(lines: Sequence[tuple[Line, datetime]], ids: Mapping[str, str], launched: datetime) -> Broadcast:
    """Return what the broadcast comes to; `ids` gives the id that Wafa knows each customer by."""
    before, after = _by_customer(lines, until=launched), _by_customer(lines, since=launched)
    found = Broadcast()
    for customer, bought in before.items():
        days = {moment.date() for _, moment in bought}
        if len(days) < 2 or max(days) >= _days_before(launched, UNSEEN_DAYS):
            continue
        if reason := _reason(customer):
            found.suppressed[reason] += 1
            continue
        group = "held_out" if _held_out("win-back", ids[customer]) else "contacted"
        (found.held_out if group == "held_out" else found.contacted).add(customer)
        within = [line for line, moment in after.get(customer, ()) if moment < launched + WINDOW]
        if within:
            found.converted[group] += 1
            found.revenue += within[0].amount if group == "contacted" else 0
    return found


def _reason(customer: str) -> str | None:
    """Return why a customer must not get marketing mail; consent is asked for first."""
    if not consenting(customer):
        return "no_consent"
    return "open_complaint" if complaining(customer) else None


def _held_out(campaign: str, customer_id: str) -> bool:
    number = int(hashlib.sha256(f"{campaign}\n{customer_id}".encode()).hexdigest()[:16], 16)
    return number % 10_000 < HOLDOUT * 10_000


def _days_before(moment: datetime, days: int) -> date:
    return moment.date() - timedelta(days=days)


def _by_customer(
    lines: Iterable[tuple[Line, datetime]],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, list[tuple[Line, datetime]]]:
    found: dict[str, list[tuple[Line, datetime]]] = {}
    for line, moment in sorted(lines, key=lambda pair: pair[1]):
        if (since is None or moment >= since) and (until is None or moment < until):
            found.setdefault(line.customer, []).append((line, moment))
    return found

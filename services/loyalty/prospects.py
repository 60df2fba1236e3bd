"""What is to be expected of a member as of a moment, in the words of the answer to who asks.

It changes with every day, so that it is told to who asks and never published: as an event it would be wrong
the day after. What is published are the days on which something changes (`due_at`, `at_risk_at`, `lost_at`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from services.loyalty.domain.days import day_of, start_of
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.offers.basket import baskets_of
from services.loyalty.domain.outlook.categories import due_categories
from services.loyalty.domain.outlook.model import score
from services.loyalty.domain.outlook.standing import active
from services.loyalty.domain.program import Program
from services.loyalty.domain.view import View
from wafa.contracts.times import format_time

#: So many categories are told of a member.
MOST = 20
# Of the calendar; nobody waits for it.
_LAST_DAY = datetime.max.toordinal()
_EPOCH = day_of(datetime.fromtimestamp(0, UTC))


def prospects(view: View, program: Program) -> dict[str, Any]:
    """Return `{"outlook": {...}}`, empty for who has kept nothing.

    `active` is absent where the member has shown no rhythm: who came once has not yet had the time to stay
    away.
    """
    if view.trail is None:
        return {}
    today = day_of(view.as_of) - _EPOCH
    found = score(program.model, view.trail, today)
    told: dict[str, Any] = {f"chance_{days}_days": _share(chance) for days, chance in found.chances.items()}
    if view.rhythm:
        elapsed = today - view.trail.last
        told["active"] = _share(active(view.rhythm, program.model.bgnbd, elapsed))
    value = f"{from_minor(max(0, round(found.value)), program):f}"
    told["purchases"] = round(found.purchases, 2)
    told["value"] = {"amount": value, "currency": program.base_currency}
    return {"outlook": {**told, "model": found.model}}


def due_again(facts: Iterable[Fact], program: Program) -> list[dict[str, Any]]:
    """Return the kinds of goods that a customer buys again and again, the first due first, at most `MOST`."""
    found = due_categories(baskets_of(facts), program.model.rhythm)
    return [
        {
            "category": one.category,
            "last_bought_at": format_time(start_of(one.last)),
            "due_at": format_time(start_of(min(int(one.due), _LAST_DAY))),
            "expected_interval_days": round(one.expected_days, 1),
        }
        for one in found[:MOST]
    ]


def _share(chance: float) -> float:
    return round(chance, 3)

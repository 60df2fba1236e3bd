"""What starts triggered campaigns: which event is which occurrence, and what of it a journey keeps.

An occurrence is what happens once: a journey of a campaign begins once for each customer and occurrence,
however often an event is told. Of an event only what is named here is kept with the journey, as plain text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifications.domain.campaign import On

Event = Mapping[str, Any]

COMPLAINT_RESOLVED = "complaint.resolved.v1"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened with a customer: the occurrence of it, and what is kept of what was said."""

    on: On
    customer_id: str
    occurrence: str
    context: Mapping[str, str]


#: What starts a campaign -> the fields of the event that are kept, and that `where` may ask for.
KEPT: Mapping[On, tuple[str, ...]] = {
    On.RECOGNIZED: ("recognized_at", "purchase_count"),
    On.TIER_CHANGED: ("from", "to", "cause"),
    On.DUE: ("due_at", "last_purchase_at", "mean_interval_days", "expected_interval_days"),
    On.RISK_RAISED: ("standing", "since", "last_purchase_at", "expected_interval_days"),
    On.COMPLAINT_RESOLVED: (
        "interaction_id",
        "source",
        "complaint_id",
        "complaint_category",
        "severity",
        "channel",
    ),
    On.POINTS_EXPIRING: ("points_expire_at",),
    On.ANNIVERSARY: ("day", "years"),
}


def happening(event: Event) -> Happening | None:
    """Return what an event of the bus starts, None for one that starts nothing.

    Raises:
        KeyError: it is not what its type promises.
    """
    read = _READERS.get(event["type"])
    return read(event) if read else None


def _recognized(event: Event) -> Happening:
    return _of(On.RECOGNIZED, event["data"], "once")


def _tier_changed(event: Event) -> Happening:
    return _of(On.TIER_CHANGED, event["data"], event["id"])


def _due(event: Event) -> Happening:
    return _of(On.DUE, event["data"], event["data"]["last_purchase_at"])


def _risk_raised(event: Event) -> Happening:
    return _of(On.RISK_RAISED, event["data"], event["data"]["last_purchase_at"])


def _recorded(event: Event) -> Happening | None:
    data = event["data"]
    if data["type"] != COMPLAINT_RESOLVED:
        return None
    # What a text knows as `category` is something else, what somebody likes to buy.
    original = {**data["data"], "complaint_category": data["data"].get("category")}
    return _of(On.COMPLAINT_RESOLVED, original | data, data["interaction_id"])


def _of(on: On, data: Mapping[str, Any], occurrence: str) -> Happening:
    kept = {name: data[name] for name in KEPT[on] if isinstance(data.get(name), str | int | float)}
    return Happening(on, data["customer_id"], occurrence, {name: str(value) for name, value in kept.items()})


_READERS: Mapping[str, Callable[[Event], Happening | None]] = {
    "customer.recognized.v1": _recognized,
    "loyalty.tier_changed.v1": _tier_changed,
    "repurchase.due.v1": _due,
    "churn.risk_raised.v1": _risk_raised,
    "interaction.recorded.v1": _recorded,
}

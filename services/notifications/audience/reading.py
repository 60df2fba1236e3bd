"""What an event says of a customer, as facts of the domain."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from services.notifications.domain.facts import (
    Amount,
    Complaint,
    Consent,
    Erased,
    ExpiringPoints,
    Fact,
    Feedback,
    Heard,
    Interaction,
    Member,
    Merged,
    NextTier,
    Profile,
    Purchase,
)
from wafa.contracts.currencies import DECIMALS
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.times import parse_time

Data = Mapping[str, Any]

#: How many categories are kept of one purchase.
CATEGORIES = 20
_MOMENTS = (
    "first_purchase_at",
    "last_purchase_at",
    "due_at",
    "recognized_at",
    "tier_since",
    "tier_held_until",
)
_COMPLAINTS = {
    "complaint.opened.v1": "opened",
    "complaint.resolved.v1": "resolved",
    "complaint.reopened.v1": "reopened",
}


def profile(data: Data) -> Profile:
    """Read the customers service's snapshot."""
    return Profile(
        version=data["version"],
        name=data.get("name"),
        locale=data.get("locale"),
        timezone=data.get("timezone"),
        country=data.get("country"),
        emails=tuple(data.get("emails", ())),
        consents=tuple(
            Consent(one["channel"], one["purpose"], one["status"], parse_time(one["at"]))
            for one in data.get("consents", ())
        ),
        phones=tuple(data.get("phones", ())),
        account=data.get("account"),
        tags=tuple(sorted(set(data.get("tags", ())))),
    )


def created(event: Event) -> tuple[str, list[Fact]]:
    """Read the first snapshot of a customer, and that Wafa met them then."""
    return event["data"]["customer_id"], [profile(event["data"]), Heard(parse_time(event["time"]))]


def member(data: Data) -> Member:
    """Read the loyalty service's snapshot."""
    above, expiring = data.get("next_tier"), data.get("points_expiring")
    return Member(
        version=data["version"],
        tier=data["tier"],
        points=data["points"],
        purchase_count=data["purchase_count"],
        repeat=data["repeat"],
        spend=_amount(data["spend"]),
        qualifying_spend=_amount(data["qualifying_spend"]),
        points_expiring=ExpiringPoints(expiring["points"], parse_time(expiring["at"])) if expiring else None,
        next_tier=NextTier(above["tier"], _amount(above["missing"])) if above else None,
        expected_interval_days=data.get("expected_interval_days"),
        standing=data.get("standing"),
        **{name: parse_time(data[name]) for name in _MOMENTS if name in data},
    )


def interaction(data: Data) -> list[Fact]:
    """Read a recorded interaction: what it was, and what it says of a purchase, a complaint, satisfaction."""
    kind, time, told_by, original = (
        data["type"],
        parse_time(data["time"]),
        data["interaction_id"],
        data["data"],
    )
    facts: list[Fact] = [Interaction(kind, data.get("channel"), time, told_by)]
    if kind in _COMPLAINTS:
        about = {name: original.get(name) for name in ("complaint_id", "category", "severity")}
        told = {"id": _case(data), "status": _COMPLAINTS[kind], "time": time, "told_by": told_by}
        facts.append(msgspec.convert(told | about | {"source": data["source"]}, Complaint))
    elif kind == "feedback.given.v1":
        # The contract of a recorded interaction leaves open what is in the original.
        told = {name: original.get(name) for name in ("kind", "score", "scale_max")}
        facts.append(msgspec.convert(told | {"time": time, "told_by": told_by}, Feedback))
    elif kind == "purchase.completed.v1":
        bought = msgspec.convert(original, _Bought)
        # Its publisher may tell of a purchase more than once, under several ids of events.
        id = derive_id(data["source"], f"purchase {bought.purchase_id}") if bought.purchase_id else told_by
        facts.append(Purchase(id, time, bought.categories, *bought.paid))
    return facts


class _Line(msgspec.Struct):
    category: str | None = None


class _Money(msgspec.Struct):
    amount: Decimal
    currency: str


class _Bought(msgspec.Struct):
    purchase_id: str | None = None
    total: _Money | None = None
    lines: list[_Line] = []

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({one.category for one in self.lines if one.category})[:CATEGORIES])

    @property
    def paid(self) -> tuple[int | None, str | None]:
        if self.total is None or self.total.currency not in DECIMALS:
            return None, None
        return int(self.total.amount.scaleb(DECIMALS[self.total.currency])), self.total.currency


def _amount(money: Mapping[str, str]) -> Amount:
    return Amount(Decimal(money["amount"]), money["currency"])


def merged(event: Event) -> tuple[str, list[Fact]]:
    """Read who a customer turned out to be."""
    return event["data"]["from"], [Merged(event["data"]["into"], event["data"]["version"])]


def unmerged(event: Event) -> tuple[str, list[Fact]]:
    """Read who a customer turned out not to be."""
    return event["data"]["from"], [Merged(event["data"]["into"], event["data"]["version"], undone=True)]


def _case(data: Data) -> str:
    """A complaint's id is unique within its source only."""
    return derive_id(data["source"], f"case {data['data']['complaint_id']}")


def _of_customer(read: Callable[[Data], Fact | list[Fact]]) -> Callable[[Event], tuple[str, list[Fact]]]:
    def facts(event: Event) -> tuple[str, list[Fact]]:
        told = read(event["data"])
        return event["data"]["customer_id"], told if isinstance(told, list) else [told]

    return facts


#: Event type -> whom it tells of, and what.
FACTS: Mapping[str, Callable[[Event], tuple[str, list[Fact]]]] = {
    "customer.created.v1": created,
    "customer.updated.v1": _of_customer(profile),
    "customer.merged.v1": merged,
    "customer.unmerged.v1": unmerged,
    "customer.erased.v1": _of_customer(lambda _: Erased()),
    "loyalty.member_updated.v1": _of_customer(member),
    "interaction.recorded.v1": _of_customer(interaction),
}

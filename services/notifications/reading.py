"""What an event says of a customer, as facts of the domain."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from services.notifications.domain.facts import (
    Complaint,
    Consent,
    Erased,
    Fact,
    Feedback,
    Interaction,
    Member,
    Merged,
    Profile,
)
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.times import parse_time

Data = Mapping[str, Any]

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
    )


def member(data: Data) -> Member:
    """Read the loyalty service's snapshot."""
    return Member(
        version=data["version"],
        tier=data["tier"],
        points=data["points"],
        purchase_count=data["purchase_count"],
        repeat=data["repeat"],
        **{
            name: parse_time(data[name])
            for name in ("first_purchase_at", "last_purchase_at", "due_at")
            if name in data
        },
    )


def interaction(data: Data) -> list[Fact]:
    """Read a recorded interaction: what it was, and what it says of a complaint or of satisfaction."""
    kind, time, told_by, original = (
        data["type"],
        parse_time(data["time"]),
        data["interaction_id"],
        data["data"],
    )
    facts: list[Fact] = [Interaction(kind, data.get("channel"), time, told_by)]
    if kind in _COMPLAINTS:
        facts.append(Complaint(_case(data), _COMPLAINTS[kind], time, told_by))
    elif kind == "feedback.given.v1":
        # The contract of a recorded interaction leaves open what is in the original.
        told = {name: original.get(name) for name in ("kind", "score", "scale_max")}
        facts.append(msgspec.convert(told | {"time": time, "told_by": told_by}, Feedback))
    return facts


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
    "customer.created.v1": _of_customer(profile),
    "customer.updated.v1": _of_customer(profile),
    "customer.merged.v1": merged,
    "customer.unmerged.v1": unmerged,
    "customer.erased.v1": _of_customer(lambda _: Erased()),
    "loyalty.member_updated.v1": _of_customer(member),
    "interaction.recorded.v1": _of_customer(interaction),
}

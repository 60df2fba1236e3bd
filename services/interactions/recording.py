"""An event as it arrives -> the immutable record that is kept of it.

The record keeps `data` as JSON text, without the customer reference: what a till sends never meets the
database as a key or an operator, whatever it is called, and who the customer is stays with the customers
service, which alone can forget it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from services.interactions.domain.answers import COMPLAINT, is_no
from services.interactions.domain.cases import COMPLAINTS, CaseEvent
from services.interactions.domain.redaction import without_person
from wafa.contracts.currencies import DECIMALS
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.feedback import USUAL_SCALE_MAX
from wafa.contracts.times import parse_time

Record = dict[str, Any]

SERVICE = "interactions"
SOURCE = f"/wafa/{SERVICE}"

# Facts about the circumstances that every inbound type may carry.
CIRCUMSTANCES = ("channel", "via", "account", "initiator")


def make_record(event: Event, key: str, digest: str, customer_id: str, now: datetime) -> Record:
    """Return the record of `event`, which belongs to `customer_id` and is recorded at `now`."""
    data = event["data"]
    record: Record = {
        "_id": key,
        "customer_id": customer_id,
        "type": event["type"],
        "time": parse_time(event["time"]),
        "recorded_at": now,
        "source": event["source"],
        "event_id": event["id"],
        "correlation_id": event.get("correlationid", key),
        "digest": digest,
        **{name: data[name] for name in CIRCUMSTANCES if name in data},
        "data": msgspec.json.encode(
            {name: value for name, value in data.items() if name not in _ELSEWHERE}
        ).decode(),
    }
    if "total" in data:
        record["money"] = {"minor": minor_units(data["total"]), "currency": data["total"]["currency"]}
    if event["type"] in COMPLAINTS:
        record["case_id"] = _case_id(event["source"], data["complaint_id"])
    if event["type"] == "feedback.given.v1" and (answered := _denied(event["source"], data)):
        record["answers"] = answered
    return record


def _case_id(source: str, complaint_id: str) -> str:
    """A complaint's id is unique within its source only."""
    return derive_id(source, f"case {complaint_id}")


def _denied(source: str, data: dict[str, Any]) -> str | None:
    """Return the case that a feedback says is not solved."""
    about = data.get("about", {})
    highest = data.get("scale_max", USUAL_SCALE_MAX[data["kind"]])
    if about.get("type") != COMPLAINT or not is_no(data["kind"], data["score"], highest):
        return None
    # What we give ids to is the case.
    given_by, id = about.get("source", source), about["id"]
    return str(id) if given_by == SOURCE else _case_id(given_by, id)


_ELSEWHERE = frozenset({"customer", *CIRCUMSTANCES})
# What stays of a record besides its data. Its identity and digest are needed to know the event when it comes
# again; neither says what is in it.
_STAYING = (
    "_id", "customer_id", "type", "time", "recorded_at", "digest", "channel", "initiator", "money", "case_id",
)  # fmt: skip


def redacted(record: Record) -> Record:
    """Return what stays of a record when its customer is erased."""
    staying = {name: record[name] for name in _STAYING if name in record}
    data = without_person(record["type"], data_of(record))
    return {**staying, "data": msgspec.json.encode(data).decode(), "redacted": True}


def data_of(record: Record) -> dict[str, Any]:
    """Return the event's own data, without circumstances and customer."""
    data: dict[str, Any] = msgspec.json.decode(record["data"])
    return data


def case_event(record: Record) -> CaseEvent:
    """Return what a recorded complaint event means for its case."""
    data = data_of(record)
    return CaseEvent(
        key=record["_id"],
        time=record["time"],
        type=record["type"],
        customer_id=record["customer_id"],
        # The words of somebody who was erased are gone.
        category=data.get("category", ""),
        severity=data["severity"],
        resolution=data.get("resolution"),
    )


def minor_units(money: dict[str, str]) -> int:
    """Return an amount in the smallest unit of its currency (cents, fils)."""
    return int(Decimal(money["amount"]).scaleb(DECIMALS[money["currency"]]))

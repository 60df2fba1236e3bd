"""What happened here -> the events that say so."""

from typing import Any

from services.interactions.domain.cases import RESOLVED
from services.interactions.domain.casework import Resolution
from services.interactions.recording import CIRCUMSTANCES, SERVICE, SOURCE, Record, data_of
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time

__all__ = ["SERVICE", "SOURCE", "recorded", "rejected", "resolved"]


def recorded(record: Record) -> Event:
    """Return `interaction.recorded.v1`: the same id at every repeat."""
    return make_event(
        "interaction.recorded.v1",
        source=SOURCE,
        id=derive_id(record["_id"], "recorded"),
        time=record["time"],
        data={
            "interaction_id": record["_id"],
            "customer_id": record["customer_id"],
            "type": record["type"],
            "time": format_time(record["time"]),
            "source": record["source"],
            **{name: record[name] for name in CIRCUMSTANCES if name in record},
            "data": data_of(record),
        },
        subject=record["customer_id"],
        correlation=record["correlation_id"],
        causation=record["event_id"],
    )


def resolved(case_id: str, last: Record, resolution: Resolution) -> Event:
    """Return `complaint.resolved.v1` as whoever opened the complaint would say it; the same at every repeat.

    `last` is the record of the last that was heard of the complaint.
    """
    about = data_of(last)
    return make_event(
        RESOLVED,
        source=last["source"],
        id=derive_id(case_id, f"resolved {resolution.version}"),
        time=resolution.at,
        data={
            "customer": {"id": last["customer_id"]},
            **{name: about[name] for name in ("complaint_id", "category", "severity")},
            "resolution": resolution.text,
            "agent": resolution.agent,
            "initiator": "company",
        },
        subject=last["customer_id"],
        correlation=last["correlation_id"],
        causation=last["event_id"],
    )


def rejected(entry: dict[str, Any], traceparent: str | None = None) -> Event:
    """Return `event.rejected.v1` of a quarantine entry; the refused bytes stay in quarantine.

    Of an entry that was redacted there is little to tell.
    """
    told = ("reason", "path", "message", "service", "event_id", "event_source", "event_type")
    data = {"path": "", "message": ""} | {name: entry[name] for name in told if name in entry}
    return make_event(
        "event.rejected.v1",
        source=SOURCE,
        id=derive_id(entry["_id"], "rejected"),
        time=entry["received_at"],
        data={"rejection_id": entry["_id"], "received_at": format_time(entry["received_at"]), **data},
        traceparent=traceparent,
    )

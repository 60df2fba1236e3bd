"""How records are shown to others."""

from typing import Any

from services.interactions.recording import CIRCUMSTANCES, Record, data_of
from wafa.contracts.times import format_time


def shown(record: Record) -> dict[str, Any]:
    """Return a record as JSON."""
    names = ("customer_id", "type", "source", "event_id", *CIRCUMSTANCES, "redacted")
    facts = {name: record[name] for name in names if name in record}
    return {
        "interaction_id": record["_id"],
        "time": format_time(record["time"]),
        "recorded_at": format_time(record["recorded_at"]),
        **facts,
        "data": data_of(record),
    }

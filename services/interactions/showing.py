"""How records and places in a list are shown to others."""

from datetime import datetime
from typing import Any

from services.interactions.recording import CIRCUMSTANCES, Record, data_of
from wafa.contracts.times import format_time, parse_time
from wafa.runtime.errors import InvalidArgument


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


def cursor(time: datetime, key: str) -> str:
    """Return the place behind an entry of a list, for whoever asks for the next page."""
    return f"{format_time(time)}~{key}"


def parse_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Return the place in a list that `before` names, None for its beginning.

    Raises:
        InvalidArgument: it is no cursor that an earlier page gave.
    """
    if text is None:
        return None
    try:
        time, _, key = text.partition("~")
        return parse_time(time), key
    except (ValueError, OverflowError, AttributeError):
        raise InvalidArgument("before", "must be the `next` of an earlier page") from None

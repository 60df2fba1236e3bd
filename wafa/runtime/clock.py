"""The one place that reads the clock, so that everything else can be given a time."""

from datetime import UTC, datetime

from wafa.contracts.times import to_milliseconds


def now() -> datetime:
    """Return the present moment in UTC, to the millisecond."""
    return to_milliseconds(datetime.now(UTC))

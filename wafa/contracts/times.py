"""Times on the wire and in memory: RFC 3339 text, and aware UTC `datetime` to the millisecond.

MongoDB keeps milliseconds. A time is cut to them when it is read, so that what is computed before a round
trip through the database equals what is computed after it.
"""

from datetime import UTC, datetime


def parse_time(text: str) -> datetime:
    """Return the moment that an RFC 3339 text names, in UTC, cut to the millisecond.

    Raises:
        ValueError: the text is no date and time, or has no offset from UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time needs its offset from UTC, such as `Z`: {text}")
    return to_milliseconds(moment)


def to_milliseconds(moment: datetime) -> datetime:
    """Return an aware `moment` in UTC without the microseconds that MongoDB would drop."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def format_time(moment: datetime) -> str:
    """Return an aware `datetime` as RFC 3339 in UTC with `Z`, with milliseconds only where it has some."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat()
    return f"{text[:23] if moment.microsecond >= 1000 else text[:19]}Z"

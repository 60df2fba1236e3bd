"""Fields for the values that the business speaks of: a moment, an address, a language, a place."""

import functools
import zoneinfo
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, validate

from wafa.contracts.countries import COUNTRIES
from wafa.contracts.fields import Choice, Text
from wafa.contracts.validators import shown

#: RFC 3339 with an offset, in the years 1900 to 2999, without leap seconds. Whether the day exists is a
#: question for the calendar.
MOMENT = (
    r"^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
#: Practical rather than complete: one @, no blanks, a dot in the domain.
EMAIL = (
    r"""^[^\x00-\x20\x7f@<>(),;:"\\]{1,64}@"""
    r"""[^\x00-\x20\x7f@<>(),;:"\\.]+(\.[^\x00-\x20\x7f@<>(),;:"\\.]+)+$"""
)
#: Digits (also Arabic-Indic and Persian ones) and the signs that people write between them.
PHONE = r"^[0-9\u0660-\u0669\u06f0-\u06f9 +()./-]{3,40}$"
#: The shape of BCP 47: a language, then subtags.
LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"
TIMEZONE = r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$"
SLUG = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"
#: A URI reference without blanks and control characters (RFC 3986 has no others beyond ASCII).
URI_REFERENCE = r"^[\x21-\x7e]{1,200}$"
EVENT_TYPE = r"^[a-z_]{1,40}(\.[a-z_]{1,40}){1,4}\.v[0-9]{1,3}$"


class _OnTheCalendar(validate.Validator):
    def __call__(self, value: str) -> str:
        try:
            datetime.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(f"names a day that does not exist: {shown(value)}") from error
        return value


class _KnownTimezone(validate.Validator):
    def __call__(self, value: str) -> str:
        if not is_timezone(value):
            raise ValidationError(f"must be an IANA time zone such as Asia/Riyadh, not {shown(value)}")
        return value


class Moment(Text):
    """A point in time as RFC 3339 text with its offset from UTC."""

    def __init__(self, about: str, **options: Any) -> None:
        """See `Text`."""
        expected = "must be a time with its offset from UTC such as 2025-03-14T09:30:00Z, from 1900 to 2999"
        also = (_OnTheCalendar(),)
        super().__init__(
            about, max=40, pattern=MOMENT, expected=expected, also=also, format="date-time", **options
        )


class Email(Text):
    """An e-mail address as people write it; the customers service normalises it."""

    def __init__(self, about: str = "E-mail address.", **options: Any) -> None:
        """See `Text`."""
        expected = "must be an e-mail address such as layla@example.com"
        super().__init__(about, max=254, min=3, pattern=EMAIL, expected=expected, **options)


class Phone(Text):
    """A telephone number as people write it; the customers service brings it to E.164."""

    def __init__(self, about: str, **options: Any) -> None:
        """See `Text`."""
        expected = "must be a telephone number such as +966 50 123 4567: digits, blanks and + ( ) - . /"
        super().__init__(about, max=40, min=3, pattern=PHONE, expected=expected, **options)


class Locale(Text):
    """The language, and where it matters the country, in which a customer is addressed."""

    def __init__(self, about: str = "Language of the customer, BCP 47: `ar`, `ar-EG`, `en-GB`.") -> None:
        """See `Text`."""
        expected = "must be a BCP 47 language tag such as ar, ar-EG or en-GB"
        super().__init__(about, max=35, min=2, pattern=LOCALE, expected=expected)


class Timezone(Text):
    """Where on the clock a customer lives."""

    def __init__(self, about: str = "Time zone of the customer, IANA name: `Asia/Riyadh`.") -> None:
        """See `Text`."""
        expected = "must be an IANA time zone such as Asia/Riyadh"
        super().__init__(about, max=64, pattern=TIMEZONE, expected=expected, also=(_KnownTimezone(),))


class Country(Choice):
    """Where a customer lives."""

    def __init__(self, about: str = "Country of the customer, ISO 3166-1 alpha-2: `SA`.") -> None:
        """See `Choice`."""
        super().__init__(about, COUNTRIES, error="must be an ISO 3166-1 alpha-2 country code such as SA")


class Slug(Text):
    """A short technical name of letters, digits and . _ : / -."""

    def __init__(self, about: str, **options: Any) -> None:
        """See `Text`."""
        expected = "must be a short name of ASCII letters, digits and . _ : / - such as pos-riyadh"
        super().__init__(about, max=64, pattern=SLUG, expected=expected, **options)


class UriReference(Text):
    """A URI or a path of one, in ASCII."""

    def __init__(self, about: str, **options: Any) -> None:
        """See `Text`."""
        expected = "must be a URI or a path such as /pos/riyadh-01: ASCII, no blanks"
        super().__init__(about, max=200, pattern=URI_REFERENCE, expected=expected, **options)


class EventType(Text):
    """The name of an event type with its version."""

    def __init__(self, about: str, **options: Any) -> None:
        """See `Text`."""
        expected = "must be an event type such as purchase.completed.v1"
        super().__init__(about, max=200, min=4, pattern=EVENT_TYPE, expected=expected, **options)


@functools.cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_timezone(name: str) -> bool:
    """Tell whether the time zone database of this machine knows a name."""
    return name in _timezones()

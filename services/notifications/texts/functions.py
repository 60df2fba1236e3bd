"""Filters and functions of texts: they speak as the reader of the moment does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from services.notifications.texts.foreign import clean, has_right_to_left, isolate
from services.notifications.texts.formats import FALLBACK, Speech


@dataclass(slots=True)
class Reader:
    """Who a text is rendered for now: set before each text, asked by its filters. For one thread."""

    speech: Speech = field(default_factory=lambda: Speech(FALLBACK, Locale.parse(FALLBACK)))
    zone: str = "UTC"
    #: An isolate alone makes an SMS in Latin letters twice as long, so there it is left out where it can be.
    sparing: bool = False

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by the names that texts use."""
        return {
            "isolated": self.isolated,
            "number": self.number,
            "money": self.money,
            "date": self.date,
            "time": self.time,
            "moment": self.moment,
        }

    def functions(self) -> dict[str, Callable[..., str]]:
        """Return the functions by the names that texts use."""
        return {"counted": self.counted}

    def isolated(self, text: str) -> str:
        """Return a name, code, address or telephone number as a unit of its own direction."""
        if not isinstance(text, str):
            raise TypeError(f"`isolated` is for texts, not for {_kind(text)}")
        return self._apart(clean(text))

    def number(self, value: int) -> str:
        """Return a number in the reader's digits."""
        if not isinstance(value, int | Decimal):
            raise TypeError(f"`number` is for numbers, not for {_kind(value)}")
        return self._apart(self.speech.number(value))

    def money(self, value: Any) -> str:
        """Return an amount of money, of `{"amount": "29.33", "currency": "USD"}`."""
        try:
            amount, currency = Decimal(value["amount"]), value["currency"]
        except (TypeError, LookupError, InvalidOperation) as error:
            raise TypeError(f"`money` is for an amount with its currency, not for {_kind(value)}") from error
        return self._apart(self.speech.money(amount, currency))

    def date(self, value: Any) -> str:
        """Return a day with its month's name; of a moment, the day that it is in the reader's time zone."""
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(self.zone)).date()
        if not isinstance(value, date):
            raise TypeError(f"`date` is for days and moments, not for {_kind(value)}")
        return self.speech.date(value)

    def time(self, value: Any) -> str:
        """Return the hour and minute of a moment on the reader's clock."""
        return self._apart(self.speech.time(_moment("time", value), self.zone))

    def moment(self, value: Any) -> str:
        """Return day, hour and minute of a moment on the reader's clock."""
        return self.speech.moment(_moment("moment", value), self.zone)

    def counted(self, count: int, **forms: str) -> str:
        """Return the form for this count (`zero`, `one`, `two`, `few`, `many`; `other` is required).

        `{n}` in it becomes the number.
        """
        if not isinstance(count, int):
            raise TypeError(f"`counted` is for counts, not for {_kind(count)}")
        if "other" not in forms:
            raise TypeError('`counted` needs a form for `other`: counted(n, one="…", other="{n} …")')
        return forms.get(self.speech.plural(count), forms["other"]).replace("{n}", self.speech.number(count))

    def _apart(self, text: str) -> str:
        if self.sparing and self.speech.direction == "ltr" and not has_right_to_left(text):
            return text
        return isolate(text)


def _moment(name: str, value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"`{name}` is for moments, not for {_kind(value)}")
    return value


def _kind(value: object) -> str:
    if value is None:
        return "nothing: this customer does not have it, so ask with {% if … %} first"
    # `str` makes an undefined variable say which one it is.
    return type(value).__name__ if type(value).__name__ != "StrictUndefined" else str(value)

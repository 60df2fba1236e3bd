"""Telephone numbers that a message or a call can go to."""

import re

from services.notifications.domain.audience import Entry

#: E.164, as the customers service publishes it.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def recipient_of(entry: Entry | None) -> str | None:
    """Return the first of a customer's telephone numbers that can be used."""
    numbers = entry.profile.phones if entry and entry.profile else ()
    return next((number for number in numbers if _NUMBER.fullmatch(number)), None)

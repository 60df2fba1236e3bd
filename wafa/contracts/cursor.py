"""The place at which the next page of a list begins, as text that says nothing to anybody else.

A list stands in the order of its keyset: the values of some fields, of which the last is another one in each
entry. A cursor has those of the last entry that was shown, as JSON in URL-safe base64. Each place has one
cursor only, and what is none is refused: all that comes out is times and strings.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Generic, TypeVarTuple, cast

import msgspec

from wafa.contracts.times import format_time, parse_time

#: What is wrong with whatever is no cursor of a list.
EXPECTED = "must be `next` of an earlier page"
#: In characters: the longest ids that there are fit in.
LONGEST = 400

Kinds = TypeVarTuple("Kinds")
_strings = msgspec.json.Decoder(list[str])


class Keyset(Generic[*Kinds]):
    """What a list is ordered by: the kinds of the values, each `datetime` or `str`."""

    def __init__(self, *kinds: type[datetime] | type[str]) -> None:
        self._kinds = kinds

    def encode(self, *values: *Kinds) -> str:
        """Return the cursor of an entry with these values; times to the millisecond."""
        strings = [format_time(one) if isinstance(one, datetime) else one for one in values]
        return urlsafe_b64encode(msgspec.json.encode(strings)).rstrip(b"=").decode()

    def decode(self, cursor: object) -> tuple[*Kinds]:
        """Return the values that a cursor has.

        Raises:
            ValueError: it is no cursor of such a list; the message is to follow the name of the field.
        """
        try:
            values = self._read(cursor)
            if self.encode(*values) == cursor:
                return values
        except (ValueError, OverflowError, msgspec.DecodeError):
            pass
        raise ValueError(EXPECTED)

    def _read(self, cursor: object) -> tuple[*Kinds]:
        if not isinstance(cursor, str) or len(cursor) > LONGEST:
            raise ValueError
        strings = _strings.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        pairs = zip(self._kinds, strings, strict=True)
        values = tuple(parse_time(one) if kind is datetime else one for kind, one in pairs)
        return cast("tuple[*Kinds]", values)


#: What happened: by its time, then by its id.
BY_TIME: Keyset[datetime, str] = Keyset(datetime, str)
#: What has nothing but its name, or an id that is in order itself.
BY_NAME: Keyset[str] = Keyset(str)

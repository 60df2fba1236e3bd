"""Pages of a list that is read by RPC: the arguments that all of them take, and what all of them answer.

`before` is the cursor of the last entry that was shown, `limit` how many are wanted; the answer has the
cursor for the page after it under `next`, None on the last.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple

from wafa.contracts.cursor import Keyset
from wafa.runtime.arguments import check_texts_given, check_whole
from wafa.runtime.errors import InvalidArgument

Kinds = TypeVarTuple("Kinds")
T = TypeVar("T")


def checked_limit(after: str | None, limit: int, most: int) -> int:
    """Return how many to read, from 1 to `most`, where `after` is the `next` of an earlier page or None.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    check_texts_given(after=after)
    return _length(limit, most)


def asked(
    keyset: Keyset[*Kinds], before: str | None, limit: int, most: int
) -> tuple[tuple[*Kinds] | None, int]:
    """Return the place after which a page begins, None for the first, and its length, from 1 to `most`.

    Raises:
        InvalidArgument: `before` is no cursor of such a list, or `limit` no whole number.
    """
    check_texts_given(before=before)
    length = _length(limit, most)
    if before is None:
        return None, length
    try:
        return keyset.decode(before), length
    except ValueError as error:
        raise InvalidArgument("before", str(error)) from None


def _length(limit: int, most: int) -> int:
    check_whole(limit=limit)
    return max(1, min(limit, most))


def cut(found: Sequence[T], limit: int, cursor: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """Return a page, and its `next`, of what was found where one more than `limit` was asked for."""
    page = found[:limit]
    return page, cursor(page[-1]) if len(found) > limit else None


def beyond(place: tuple[datetime, str] | None, field: str, *, newest_first: bool = True) -> dict[str, Any]:
    """Return the condition for MongoDB that entries come after a place, by this field and then by `_id`."""
    if place is None:
        return {}
    at, key = place
    after = "$lt" if newest_first else "$gt"
    # The bound for itself, or the index would be read from its beginning.
    return {field: {f"{after}e": at}, "$or": [{field: {after: at}}, {"_id": {after: key}}]}


def walk(page: Callable[[str | None], Mapping[str, Any]], name: str) -> Iterator[Any]:
    """Yield the entries of all pages, which lie under `name` of the answers; `page` asks with a `before`."""
    before: str | None = None
    while True:
        found = page(before)
        yield from found[name]
        before = found["next"]
        if before is None:
            return

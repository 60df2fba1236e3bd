"""Server-sent events as they are written: `id`, `event` and `data`, a line each, and an empty line behind."""

from typing import NamedTuple

import msgspec

from wafa.contracts.envelope import Event, encode

#: What a stream begins with; also how long, in ms, a browser waits before it comes again.
OPENING = b": listening\nretry: 2000\n\n"
HEARTBEAT = b":\n\n"


class Frame(NamedTuple):
    """An event, ready to be sent to many."""

    id: str
    type: str
    body: bytes


def frame(event: Event) -> Frame:
    """Return the frame of an event that the contract allows, so that its `id` has no line feed."""
    body = b"id: %b\nevent: %b\ndata: %b\n\n" % (event["id"].encode(), event["type"].encode(), encode(event))
    return Frame(event["id"], event["type"], body)


def notice(name: str, message: str) -> bytes:
    """Return what is said of the stream itself; it has no `id`, because nothing can be resumed from it."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode({"message": message}))


GAP = notice("gap", "something may be missing here: read again what you show")
OVERFLOW = notice("overflow", "you take events more slowly than they come: come again")
END = notice("end", "the stream ends here: come again")

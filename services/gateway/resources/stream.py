"""Events as they happen, for screens that are looked at: server-sent events."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, g, request
from marshmallow import Schema, ValidationError, fields, validate

from services.gateway.access.gate import check_hearing
from services.gateway.door import Doors
from services.gateway.means import means
from services.gateway.refusals import Refusal
from services.gateway.stream.choice import UnknownTypes, chosen
from services.gateway.stream.frames import END, HEARTBEAT, OPENING
from services.gateway.stream.hub import Full
from services.gateway.stream.listener import Listener
from wafa.runtime.transient import is_transient

SCOPE = "stream:read"
#: Seconds between two signs of life, where nothing else is sent.
BEAT = 15.0
#: Seconds after which it is looked again whether the key still counts. Few, since a key that was known is
#: believed for most of a minute while the database is away.
RECHECK = 8.0
#: Seconds in which the broker must have bound what is listened for.
HEARD_WITHIN = 5.0
#: Seconds after which it is worth trying again when too many listen.
RETRY_AFTER = 10
#: Seconds after which a stream notices that the process is to stop, or that nobody is there any longer.
TICK = 1.0

stream = Doors("stream", "Events as they happen, for screens")

EXAMPLE = """\
: listening
retry: 2000

id: 4f7f3a5e-1f7a-5c62-8ef1-5b4a8ce7c8a4
event: customer.recognized.v1
data: {"specversion":"1.0","type":"customer.recognized.v1", ...}

"""
ABOUT = f"""\
The answer does not end: it is a stream of
[server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html), `event` being the type,
`id` the id of the event and `data` the CloudEvent. A line with a colon alone is a sign of life, every
{BEAT:.0f} seconds.

Who comes back with the header `Last-Event-ID` gets what came meanwhile. Where nobody knows any longer what
that was, an event `gap` says that something may be missing: read again what you show. `overflow` is the last
event for who takes them too slowly, `end` when the key has been revoked or this server stops. An event may
come twice: its `id` tells.

A key hears only of what it may read: for `loyalty.*` and `customer.recognized.v1` it needs `members:read`
too, for other `customer.*` `customers:read`, and so on; the 403 says what is missing.

A browser's `EventSource` cannot send a key: use `fetch` and read the body as it comes.
"""
_LAST_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "description": "the `id` of the event that was heard last",
    "schema": {"type": "string"},
}
_TOLD = {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}}


def _published(names: str) -> None:
    try:
        chosen(names)
    except UnknownTypes as error:
        raise ValidationError(str(error)) from None


class Wanted(Schema):
    """Which events to hear of."""

    types = fields.String(
        required=True,
        validate=[validate.Length(1, 2_000), _published],
        metadata={
            "description": "outbound types, with commas; `*` at the end stands for anything: `loyalty.*`",
            "example": "customer.recognized.v1,loyalty.*",
        },
    )


@stream.door("GET", "/stream", needs=SCOPE, asks=Wanted)
def listen(wanted: dict[str, str]) -> Response:
    """Hear of events as they happen."""
    ears = means().ears
    listener = Listener(chosen(wanted["types"]))
    check_hearing(g.key, listener.types)
    try:
        ears.hub.listen(listener, request.headers.get("Last-Event-ID"), HEARD_WITHIN)
    except Full:
        raise Refusal(
            503,
            "too_many_streams",
            "too many listen already; try again later, or raise WAFA_HTTP_THREADS or WAFA_HTTP_WORKERS",
            headers={"Retry-After": str(RETRY_AFTER)},
        ) from None
    client = request.environ.get("gunicorn.socket")
    chunks = _chunks(listener, lambda: ears.stopping() or _is_gone(client), _key_counts())
    response = Response(chunks, mimetype="text/event-stream")
    # Also where nothing is ever read of it, as for HEAD.
    response.call_on_close(lambda: ears.hub.leave(listener))
    response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    return response


def _chunks(listener: Listener, over: Callable[[], bool], key_counts: Callable[[], bool]) -> Iterator[bytes]:
    """Yield what is sent, in large pieces when much waits."""
    yield OPENING
    sent = checked = time.monotonic()
    while not over():
        last = listener.cut_off
        chunk = listener.take(TICK)
        now = time.monotonic()
        if chunk or now > sent + BEAT:
            yield chunk or HEARTBEAT
            sent = now
        if last:
            return
        if now > checked + RECHECK:
            if not key_counts():
                break
            checked = now
    yield END


def _is_gone(client: socket.socket | None) -> bool:
    """Tell whether the other side has closed the connection: whoever listens has nothing more to say."""
    if client is None:
        return False
    try:
        with selectors.PollSelector() as watched:
            watched.register(client, selectors.EVENT_READ)
            return bool(watched.select(0)) and not client.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


def _key_counts() -> Callable[[], bool]:
    """Return what tells, of the key of the request in hand, whether it may still listen."""
    gate, authorization, address = means().gate, request.headers.get("Authorization"), request.remote_addr

    def counts() -> bool:
        try:
            return SCOPE in gate.recognise(authorization, address or "").scopes
        except Refusal as refusal:
            # Too many other requests are no reason to end this one.
            return refusal.status != 401
        except Exception as error:
            if is_transient(error):
                return False
            raise

    return counts


def _described(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what flask-smorest cannot know: a header that is asked for, and an answer that is no JSON."""
    doc["parameters"].append(_LAST_ID)
    doc["responses"][200]["content"] = _TOLD
    info["docstring"]["description"] = f"{ABOUT}\n{info['docstring']['description']}"
    return doc


stream._prepare_doc_cbks.append(_described)

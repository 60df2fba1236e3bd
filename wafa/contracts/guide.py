"""`docs/events.md`: the event catalogue for the developer of another system."""

from collections.abc import Iterator

from wafa.contracts.catalogue import DESCRIPTIONS, INBOUND, OUTBOUND
from wafa.contracts.envelope import BATCH, EXCHANGE, MAX_BATCH_EVENTS, MAX_MESSAGE_BYTES, STRUCTURED
from wafa.contracts.examples import example_text
from wafa.contracts.fieldtable import field_table
from wafa.contracts.jsonschema import components
from wafa.contracts.rejection import REASONS
from wafa.contracts.storable import DEEPEST

OPENING = f"""\
# Events

What other systems publish to Wafa, and what they may hear from it. This page is generated from the schemas by
`wafa contracts`. The same for machines: [AsyncAPI](asyncapi.yaml), and one JSON Schema per type in
[schemas](schemas).

## How to publish

**Over HTTP**: `POST /v1/events` of the front door with a key, one event or an array of up to
{MAX_BATCH_EVENTS} of any types, `application/json`. The answer comes when the broker has the events safe, and
says of each whether it was accepted; on 503 send all of them again.

**Over AMQP**, which is faster where there is much: any AMQP 0.9.1 library in any language will do.

1. Connect with the RabbitMQ user that you were given and open a channel. **Do not declare the exchange**:
   Wafa does, and a declaration that differs closes your channel. Declare no queue either.
2. Switch on publisher confirms (`confirm.select`).
3. Publish to the exchange `{EXCHANGE}`:

   | | |
   |---|---|
   | routing key | the event's `type`, for example `purchase.completed.v1` |
   | content type | `{STRUCTURED}` for one event, `{BATCH}` for an array of events |
   | delivery mode | 2 (persistent) |
   | mandatory | yes |
   | body | JSON in UTF-8 |

4. Wait for the broker's confirm: then the event is safe. When the message is refused (nack) or returned, or
   the connection breaks first, publish the same event again with the same `id`. Wafa knows an event by
   `source` and `id`, and a repetition has no effect.

A batch is for speed. All events of a message have the same `type`, there are at most {MAX_BATCH_EVENTS} of
them, and one bad event does not harm the others. It has at most {MAX_MESSAGE_BYTES // 1024 // 1024} MiB.

A confirm does not mean that the event was *understood*. What Wafa cannot accept goes to
[quarantine](#why-an-event-is-in-quarantine) and is announced as [`event.rejected.v1`](#eventrejectedv1), with
the reason and the path of the field. `wafa publish` makes the same check before it sends anything.

## How to subscribe

Declare a queue of your own, bind it to `{EXCHANGE}` with the types that you want as the routing key
(`loyalty.#`), and take what comes, in either content type. Delivery is at least once and in no promised
order: remember the `id`s that you have worked on, and of snapshots with a `version` keep the highest.
"""

RULES = f"""\
- Fields that this page does not know are ignored, and travel with the event. They may hold any JSON, not
  deeper than {DEEPEST} levels, with numbers of at most 64 bits and without NUL characters.
- A field may be absent unless it is required. It is never `null`.
- Nothing is converted: a number in quotes is no number, and `5.0` is no whole number.
- The lengths of strings are in characters (Unicode code points).
- Times are RFC 3339 with an offset: `2025-03-14T18:42:10+03:00`, `2025-03-14T15:42:10.250Z`.
- `id` and `source` together are the identity of an event for ever. The same pair again is a duplicate and has
  no effect; the same pair with other content is a conflict, and the first stands.
- `time` is when it happened, and may be late or out of order. More than a day ahead is refused.
"""


def text() -> str:
    """Return the page as Markdown."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    yield OPENING
    yield "## The envelope\n"
    yield "Every event is a [CloudEvent](https://cloudevents.io) 1.0 in JSON.\n"
    yield field_table(components()["CloudEvent"])
    yield RULES
    yield "## What every inbound event may say\n"
    yield (
        "These fields of `data` are not repeated below. `outreach.bounced.v1` has none of them: "
        "the outreach says who.\n"
    )
    yield field_table(components()["InboundData"])
    yield from _object("customer", "CustomerReference")
    yield from _object("money", "Money")
    yield "Outbound sums may be negative and have up to 15 digits before the point.\n"
    yield "## Inbound events\n"
    for event_type, data in INBOUND.items():
        yield from _event(event_type, data.__name__, without="InboundData")
    yield "## Outbound events\n"
    for event_type, data in OUTBOUND.items():
        yield from _event(event_type, data.__name__)
    yield from _reasons()


def _object(title: str, name: str) -> Iterator[str]:
    yield f"### {title}\n"
    yield f"{components()[name]['description']}\n"
    yield field_table(components()[name])


def _event(event_type: str, name: str, without: str | None = None) -> Iterator[str]:
    known = components()[without]["properties"] if without else {}
    yield f"### {event_type}\n"
    yield f"{DESCRIPTIONS[event_type]}\n"
    yield field_table(components()[name], known) or "No fields of its own.\n"
    yield f"```json\n{example_text(event_type)}```\n"


def _reasons() -> Iterator[str]:
    yield "## Why an event is in quarantine\n"
    yield "Nothing is lost there: an event can be corrected and replayed.\n"
    yield "| reason | meaning |\n|---|---|"
    yield from (f"| `{reason}` | {meaning} |" for reason, meaning in REASONS.items())
    yield ""

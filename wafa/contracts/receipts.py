"""How a service says that it has brought a change of who is who to effect."""

from collections.abc import Iterable

from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import parse_time
from wafa.contracts.traces import traceparent_of


def changes_applied(causes: Iterable[Event], service: str) -> list[Event]:
    """Return `customer.change_applied.v1` of `service` for each change that these events tell of, once.

    `causes` are events that carry a `change_id`. The id is derived from change and service: one receipt,
    however often it is published and whichever of several events of a change it follows.
    """
    first = {event["data"]["change_id"]: event for event in reversed([*causes])}
    return [
        make_event(
            "customer.change_applied.v1",
            source=f"/wafa/{service}",
            id=derive_id(change_id, service),
            time=parse_time(event["time"]),
            data={"change_id": change_id, "service": service},
            subject=change_id,
            correlation=change_id,
            traceparent=traceparent_of(event),
        )
        for change_id, event in first.items()
    ]

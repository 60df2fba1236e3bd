"""Every exchange, queue and binding of Wafa, declared in one place and nowhere else.

Publishers send to `crm.events` and know no queue. What no queue is bound for goes through the alternate
exchange to interactions, which quarantines what it does not know: a misspelt type is not lost.

Nobody outside writes to what stands behind the queues of the services:

    wafa.loyalty             what others have published
    wafa.loyalty.suspects    what was in hand when the process died, to be taken one at a time
    wafa.retry-5s ...        what waits for its next attempt; the broker puts it back when it is time

Queues are quorum queues with an end: a full one refuses, and whoever published keeps the event. What the
broker itself gives up, because it was delivered too often, goes to quarantine, and is kept until it is there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import amqp

from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.envelope import EXCHANGE
from wafa.runtime.policy import DELAYS

UNROUTED = "crm.unrouted"
REFUSED = "crm.refused"
RETRY = "crm.retry"
DEAD = "crm.dead"
QUARANTINE = "wafa.quarantine"

#: What a queue holds at most; beyond that it refuses. Far more than a healthy day, far less than a disk.
MOST_MESSAGES = 1_000_000
MOST_BYTES = 4 * 1024**3
#: The last net under everything else that notices a message which nobody survives.
MOST_DELIVERIES = 20

_QUORUM = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-max-length": MOST_MESSAGES,
    "x-max-length-bytes": MOST_BYTES,
}
# The broker drops a dead letter only when its new queue has confirmed it.
_LOSING_NOTHING = {"x-dead-letter-strategy": "at-least-once"}


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A durable quorum queue, the exchanges and keys that it is bound to, and its arguments."""

    name: str
    bindings: tuple[tuple[str, str], ...]
    arguments: dict[str, Any]


def delay_exchange(seconds: int) -> str:
    """Return the exchange from which events come back after so long, to the queue that their key names."""
    return f"{RETRY}-{seconds}s"


def suspects_queue(queue: str) -> str:
    """Return the name of the queue for events of `queue` to be taken alone; also its key on `crm.retry`."""
    return f"{queue}.suspects"


_WATCHED = {
    **_QUORUM,
    **_LOSING_NOTHING,
    "x-delivery-limit": MOST_DELIVERIES,
    "x-dead-letter-exchange": DEAD,
}


def _service(name: str, *types: str, also_from: tuple[str, ...] = ()) -> Iterator[QueueSpec]:
    """Yield a service's queue, bound for these event types (topic patterns), and that of its suspects."""
    published = [(EXCHANGE, pattern) for pattern in types] + [(exchange, "") for exchange in also_from]
    yield QueueSpec(name, (*published, (RETRY, name)), _WATCHED)
    suspects = suspects_queue(name)
    yield QueueSpec(suspects, ((RETRY, suspects),), _WATCHED)


def _waiting(seconds: int) -> QueueSpec:
    returning = {"x-message-ttl": seconds * 1000, "x-dead-letter-exchange": RETRY}
    arguments = {**_QUORUM, **_LOSING_NOTHING, **returning}
    return QueueSpec(f"wafa.retry-{seconds}s", ((delay_exchange(seconds), ""),), arguments)


EXCHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    UNROUTED: ("fanout", {}),
    REFUSED: ("fanout", {}),
    DEAD: ("fanout", {}),
    # A key that no queue is bound to would hold up the delay queue that it comes from.
    RETRY: ("direct", {"alternate-exchange": DEAD}),
    **{delay_exchange(seconds): ("fanout", {}) for seconds in DELAYS},
    EXCHANGE: ("topic", {"alternate-exchange": UNROUTED}),
}

QUEUES = {
    spec.name: spec
    for spec in (
        *_service(
            "wafa.customers",
            "customer.registered.v1",
            "customer.profile_changed.v1",
            "consent.changed.v1",
            "customer.change_applied.v1",
        ),
        *_service(
            "wafa.interactions",
            "purchase.#",
            "contact.#",
            "complaint.#",
            "feedback.#",
            "service.#",
            "points.#",
            "customer.merged.v1",
            "customer.unmerged.v1",
            also_from=(UNROUTED,),
        ),
        *_service(
            "wafa.loyalty",
            "interaction.recorded.v1",
            "customer.merged.v1",
            "customer.unmerged.v1",
            "customer.erased.v1",
        ),
        *_service(
            "wafa.notifications",
            "customer.created.v1",
            "customer.updated.v1",
            "customer.merged.v1",
            "customer.unmerged.v1",
            "customer.erased.v1",
            "customer.recognized.v1",
            "loyalty.#",
            "interaction.recorded.v1",
            "repurchase.due.v1",
            "churn.risk_raised.v1",
            "outreach.bounced.v1",
        ),
        # Whatever others may subscribe to.
        *_service("wafa.gateway", *OUTBOUND),
        *map(_waiting, DELAYS),
        # Nothing stands behind the quarantine: what it cannot take waits.
        QueueSpec(QUARANTINE, ((REFUSED, ""), (DEAD, "")), _QUORUM),
    )
}


def declare_exchanges(channel: amqp.Channel) -> None:
    """Declare the exchanges; safe to repeat."""
    for name, (kind, arguments) in EXCHANGES.items():
        channel.exchange_declare(name, kind, durable=True, auto_delete=False, arguments=arguments)


def declare_queue(channel: amqp.Channel, name: str) -> None:
    """Declare one queue of `QUEUES` with its bindings; safe to repeat."""
    spec = QUEUES[name]
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=spec.arguments)
    for exchange, key in spec.bindings:
        channel.queue_bind(name, exchange, key)


def declare_all(channel: amqp.Channel) -> None:
    """Declare everything, so that nothing is dropped before all services have started for the first time."""
    declare_exchanges(channel)
    for name in QUEUES:
        declare_queue(channel, name)


def definitions(vhost: str = "/") -> dict[str, Any]:
    """Return the topology as RabbitMQ definitions, for a broker that has it before any service starts."""
    lasting = {"vhost": vhost, "durable": True, "auto_delete": False}
    return {
        "exchanges": [
            {"name": name, "type": kind, "internal": False, "arguments": arguments, **lasting}
            for name, (kind, arguments) in EXCHANGES.items()
        ],
        "queues": [{"name": spec.name, "arguments": spec.arguments, **lasting} for spec in QUEUES.values()],
        "bindings": [
            {
                "source": exchange,
                "vhost": vhost,
                "destination": spec.name,
                "destination_type": "queue",
                "routing_key": key,
                "arguments": {},
            }
            for spec in QUEUES.values()
            for exchange, key in spec.bindings
        ],
    }


if __name__ == "__main__":
    print(json.dumps(definitions(), indent=2))

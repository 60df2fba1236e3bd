"""Every exchange, queue and binding of Wafa, declared in one place and nowhere else.

Publishers send to `crm.events` and know no queue. What no queue is bound for goes through the alternate
exchange to interactions, which quarantines what it does not know: a misspelt type is not lost.
"""

from dataclasses import dataclass

import amqp

from wafa.contracts.envelope import EXCHANGE

UNROUTED = "crm.unrouted"
REFUSED = "crm.refused"
QUARANTINE = "wafa.quarantine"


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A durable quorum queue and the event types (topic patterns) that `crm.events` routes to it."""

    name: str
    types: tuple[str, ...] = ()
    also_from: tuple[str, ...] = ()


QUEUES = {
    spec.name: spec
    for spec in (
        QueueSpec(
            "wafa.customers", ("customer.registered.v1", "customer.profile_changed.v1", "consent.changed.v1")
        ),
        QueueSpec(
            "wafa.interactions",
            ("purchase.#", "contact.#", "complaint.#", "feedback.#", "service.#"),
            also_from=(UNROUTED,),
        ),
        QueueSpec("wafa.loyalty", ("interaction.recorded.v1",)),
        QueueSpec(
            "wafa.notifications",
            (
                "customer.created.v1",
                "customer.updated.v1",
                "customer.merged.v1",
                "customer.erased.v1",
                "customer.recognized.v1",
                "loyalty.#",
                "interaction.recorded.v1",
                "repurchase.due.v1",
            ),
        ),
        QueueSpec(QUARANTINE, also_from=(REFUSED,)),
    )
}


def declare_exchanges(channel: amqp.Channel) -> None:
    """Declare the exchanges; safe to repeat."""
    channel.exchange_declare(UNROUTED, "fanout", durable=True, auto_delete=False)
    channel.exchange_declare(REFUSED, "fanout", durable=True, auto_delete=False)
    channel.exchange_declare(
        EXCHANGE, "topic", durable=True, auto_delete=False, arguments={"alternate-exchange": UNROUTED}
    )


def declare_queue(channel: amqp.Channel, name: str) -> None:
    """Declare one queue of `QUEUES` with its bindings; safe to repeat."""
    spec = QUEUES[name]
    channel.queue_declare(name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    for pattern in spec.types:
        channel.queue_bind(name, EXCHANGE, pattern)
    for exchange in spec.also_from:
        channel.queue_bind(name, exchange, "")


def declare_all(channel: amqp.Channel) -> None:
    """Declare everything, so that nothing is dropped before all services have started for the first time."""
    declare_exchanges(channel)
    for name in QUEUES:
        declare_queue(channel, name)

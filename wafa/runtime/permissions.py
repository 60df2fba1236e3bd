"""Whether the broker lets us publish, found out before there is anything to publish."""

from collections.abc import Iterable
from typing import Any

import amqp


def check_may_publish(connection: Any, exchanges: Iterable[str]) -> None:
    """Make sure that our user may write to these exchanges; nothing is published.

    The broker checks a message when it comes in, and a transaction that is rolled back leaves nothing of it.

    Raises:
        amqp.exceptions.AccessRefused: to one of them we may not; it is named.
    """
    trial = connection.channel()
    trial.tx_select()
    for exchange in exchanges:
        trial.basic_publish(amqp.Message(b""), exchange=exchange, routing_key="")
    trial.tx_rollback()
    trial.close()

"""Hears what the services publish: one thread and one connection to the broker for a whole process.

The queue is the connection's own and ends with it. It is no quorum queue, since those cannot end so: nothing
in it is worth keeping, as the screens behind it read again what they show when something may be missing. It
drops what is oldest when it is full, so that the services never wait for a screen.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import structlog

from services.gateway.stream.frames import Frame, frame
from services.gateway.stream.hub import Hub
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.envelope import EXCHANGE, decode
from wafa.contracts.errors import Unreadable
from wafa.contracts.validation import accepts
from wafa.runtime.owner import Owner, take_all

log = structlog.get_logger(__name__)

#: Seconds after which the thread looks whether anybody still listens.
IDLE = 1.0
MOST_MESSAGES = 10_000
_ARGUMENTS = {"x-max-length": MOST_MESSAGES, "x-max-length-bytes": 64 * 1024**2, "x-overflow": "drop-head"}
#: When so many wait, some may have been dropped before it was looked.
NEARLY_FULL = MOST_MESSAGES // 2
#: What all services of ours give as the source of what they publish begins so.
OURS = "/wafa/"


class Ears:
    """Hears while somebody listens, and tells the hub that `most` listeners share. `close` ends it."""

    def __init__(self, uri: str, most: int, *, name: str) -> None:
        self._uri = uri
        self._name = name
        self._owner = Owner("ears", self._hear, lambda why: None)
        self.hub = Hub(most, self._owner.wake)
        #: Tells whether the process is about to stop; streams end then.
        self.stopping: Callable[[], bool] = self._owner.ending.is_set
        self._owner.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._owner.close()

    def _hear(self) -> None:
        if not (wanted := self.hub.wanted()):
            self._owner.wait(IDLE)
            return
        with self._owner.connection(self._uri, name=self._name, heartbeat=0) as connection:
            try:
                channel = connection.channel()
                channel.auto_decode = False
                declared = channel.queue_declare("", exclusive=True, auto_delete=True, arguments=_ARGUMENTS)
                queue = declared.queue
                channel.basic_consume(queue, no_ack=True, callback=self._on_message)
                bound = self._bind(channel, queue, frozenset(), wanted)
                self._owner.settled()
                self._follow(connection, channel, queue, bound)
            finally:
                self.hub.lost()

    def _follow(
        self, connection: amqp.Connection, channel: amqp.Channel, queue: str, bound: frozenset[str]
    ) -> None:
        looked = time.monotonic()
        while not self._owner.ending.is_set() and (wanted := self.hub.wanted()):
            bound = self._bind(channel, queue, bound, wanted)
            if self._owner.wait(IDLE):
                # Not for ever: whoever comes meanwhile waits for their types to be bound.
                take_all(connection, within=IDLE)
            if time.monotonic() > looked + IDLE:
                self._look(channel, queue, bound)
                looked = time.monotonic()

    def _bind(
        self, channel: amqp.Channel, queue: str, bound: frozenset[str], wanted: frozenset[str]
    ) -> frozenset[str]:
        """Bind the queue to the types that are wanted, and to no others."""
        if wanted != bound:
            for one in wanted - bound:
                channel.queue_bind(queue, EXCHANGE, one)
            for one in bound - wanted:
                channel.queue_unbind(queue, EXCHANGE, one)
            self.hub.heard(wanted)
        return wanted

    def _look(self, channel: amqp.Channel, queue: str, bound: frozenset[str]) -> None:
        self.hub.tidy()
        if channel.queue_declare(queue, passive=True).message_count >= NEARLY_FULL:
            log.warning("more events than this process can take", queue=queue)
            self.hub.lost()
            self.hub.heard(bound)

    def _on_message(self, message: amqp.Message) -> None:
        try:
            content = decode(bytes(message.body or b""), message.properties.get("content_type"))
        except Unreadable:
            return
        self.hub.tell(_frames(content, message.delivery_info["routing_key"]))


def _frames(content: list[Any], routing_key: str) -> Iterator[Frame]:
    """Yield what one of our services said; whatever others publish is not for screens."""
    if routing_key in OUTBOUND:
        for event in content:
            if accepts(event) and event["type"] == routing_key and event["source"].startswith(OURS):
                yield frame(event)

"""A mail server to send to, and a notifications service without nameko around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications import handlers
from services.notifications.sending import Delivery, Outbox
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import NOON
from wafa.contracts.envelope import Event
from wafa.runtime.policy import RetryLater
from wafa.stack.ports import LOOPBACK, Ports

CONNECTIONS = 4


@dataclass
class PostOffice:
    """A real SMTP server that can be closed for a while and be told what to answer."""

    controller: Controller | None = None
    messages: list[EmailMessage] = field(default_factory=list)
    sessions: int = 0
    port: int = 0
    to_recipient: Callable[[str], str] = lambda address: "250 OK"
    to_mail: Callable[[EmailMessage], str] = lambda message: "250 OK"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.content or b"", policy=default)
        answer = self.to_mail(message)
        if answer.startswith("250"):
            self.messages.append(message)
        return answer

    def open(self) -> None:
        self.port = self.port or Ports({}).take("mail")
        self.controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self.controller.start()

    def close(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    @property
    def recipients(self) -> list[str]:
        return sorted(str(message["To"]) for message in self.messages)


@dataclass
class Notifications:
    """The service's parts, with a clock that moves when told and a broker that remembers."""

    store: NotificationsStore
    delivery: Delivery
    now: datetime = NOON
    published: list[Event] = field(default_factory=list)

    def take_in(self, *events: Event) -> list[RetryLater]:
        return handlers.take_in(events, self.store, self.publish, now=self.now)

    def told(self, type: str) -> list[Event]:
        return [event for event in self.published if event["type"] == type]

    def outbox(self, **changes: object) -> Outbox:
        usual = {"publish": self.publish, "connections": CONNECTIONS, "batch": 50, "clock": lambda: self.now}
        parts = usual | changes
        return Outbox(self.store, delivery=self.delivery, **parts)  # type: ignore[arg-type]

    def send(self) -> int:
        return self.outbox().send_due(seconds=30)

    def publish(self, events: Sequence[Event]) -> None:
        self.published += events

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def states(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for state, _, rows in self.store.counts({}):
            counted[state] = counted.get(state, 0) + rows
        return counted

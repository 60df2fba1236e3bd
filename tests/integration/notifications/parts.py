"""A mail server to send to, and a notifications service without nameko around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications import handlers
from services.notifications.campaigns.book import Book
from services.notifications.campaigns.commands import Office
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.domain.outreach import Outreach
from services.notifications.planning.planner import Planner
from services.notifications.sending.delivery import Delivery
from services.notifications.sending.sender import Means, Outbox
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
    policy: OutreachPolicy = field(default_factory=OutreachPolicy)

    def __post_init__(self) -> None:
        self.book = Book(self.store, self.policy)

    def rules(self, **changes: Any) -> None:
        """Change the house rules, as a restart with another file does."""
        self.policy = replace(self.policy, **changes)
        self.book = Book(self.store, self.policy)

    @property
    def office(self) -> Office:
        return Office(self.store, self.book)

    def take_in(self, *events: Event) -> list[RetryLater]:
        return handlers.take_in(events, self.store, self.publish, self.book, now=self.now)

    def launch(self, campaign: dict[str, Any], texts: dict[str, Any] | None = None) -> None:
        """Draft and launch a campaign, or a new version of it."""
        for answer in (
            self.office.draft(campaign, texts or {}, self.now),
            self.office.launch(campaign["campaign"], self.now),
        ):
            assert "mistakes" not in answer, answer

    def plan(self, **changes: Any) -> int:
        """Plan whatever is to be planned now, as another process would: it has read nothing before."""
        book = Book(self.store, self.policy)
        return Planner(self.store, book, lambda: self.now, **changes).plan_due(seconds=30)

    def told(self, type: str) -> list[Event]:
        return [event for event in self.published if event["type"] == type]

    def outbox(self, **changes: Any) -> Outbox:
        """Another sender, in a process of its own as far as it can tell."""
        usual = {"publish": self.publish, "connections": CONNECTIONS, "batch": 50, "clock": lambda: self.now}
        parts = {"book": Book(self.store, self.policy), "delivery": self.delivery} | usual | changes
        return Outbox(Means(self.store, **parts))

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

    def rows(self, **wanted: Any) -> list[Outreach]:
        """Return the rows with these field values, the first planned first."""
        return self.store.page(wanted, None, 10_000)[::-1]

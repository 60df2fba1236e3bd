"""Far ends that are slow, go away in the middle, or answer drop by drop; and what happens meanwhile."""

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from select import select
from typing import Any

import pytest

from services.notifications.campaigns.policy import ChannelPolicy
from services.notifications.channels import webhook
from services.notifications.channels.email import Email
from services.notifications.channels.outcomes import Accepted, PutOff
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.channels.webhook import FarEnd, Webhook
from services.notifications.sending import people as people_of_a_batch
from services.notifications.sending.sender import IN_DOUBT
from tests.integration.notifications.campaigns import TEXTS, news
from tests.integration.notifications.gateways import SECRET, Gateway
from tests.integration.notifications.parts import Notifications, PostOffice
from tests.integration.notifications.scripted import Scripted
from tests.unit.notifications.builders import created, erased, member_updated, message, recorded, repointed
from wafa.contracts.envelope import Event
from wafa.runtime.webhooks import calling
from wafa.runtime.webhooks.endpoint import Endpoint
from wafa.stack.ports import LOOPBACK


def known(*customers: str) -> list[Event]:
    return [event for one in customers for event in (created(one), member_updated(one))]


def broadcast(notifications: Notifications) -> None:
    notifications.launch(news(), TEXTS)
    notifications.plan()


@pytest.mark.parametrize(
    ("rule", "left"), [("again", {"planned": 1}), ("never", {"failed": 1})], ids=["again", "never"]
)
def test_where_rather_never_than_twice_is_the_rule_a_mail_that_nobody_confirmed_is_not_repeated(
    notifications: Notifications, post_office: PostOffice, rule: str, left: dict[str, int]
) -> None:
    """The server takes all of the mail, and hangs up without a word."""
    notifications.rules(channels={"email": ChannelPolicy(in_flight=rule)})
    notifications.take_in(*known("sara"))
    broadcast(notifications)
    with Scripted(pipelining=True) as server:
        server.answers = {"END": ""}
        mailer = Mailer(Server(LOOPBACK, server.port), timeout=5)
        email = Email(mailer, notifications.delivery.sender)
        notifications.delivery = replace(notifications.delivery, channels={"email": email})
        notifications.send()
        assert len(server.mails) == 1
        assert notifications.states() == left
        server.answers = {}
        for _ in range(3):
            notifications.later(minutes=11)
            notifications.send()
        assert len(server.mails) == (2 if rule == "again" else 1)
        mailer.close()
    assert (notifications.rows()[0].reply or "").startswith(IN_DOUBT if rule == "never" else "")


COMPLAINED = recorded(
    "c001",
    "complaint.opened.v1",
    id="k",
    complaint_id="C-7",
    category="delivery",
    severity="high",
)
WITHDRAWN = {"channel": "email", "purpose": "service", "status": "withdrawn", "at": "2026-03-04T12:00:00Z"}


@pytest.mark.parametrize(
    ("news_of_them", "reason"),
    [
        (COMPLAINED, "open_complaint"),
        (created("c001", version=2, consents=[WITHDRAWN]), "unsubscribed"),
        (erased("c001"), "no_address"),
        (repointed("merged", "c001", "c000"), "duplicate"),
    ],
    ids=["complaint", "consent", "erasure", "merge"],
)
def test_what_a_customer_says_while_a_slow_server_holds_up_their_message_is_heard(
    notifications: Notifications,
    post_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
    news_of_them: Event,
    reason: str,
) -> None:
    """The message is decided on, written, and waits for a connection, which may take minutes."""
    monkeypatch.setattr(people_of_a_batch, "FRESH", 0)
    notifications.take_in(*known("c000", "c001"))
    broadcast(notifications)
    slow = threading.Event()

    def takes_its_time(mail: Any) -> str:
        if not slow.is_set():
            slow.set()
            notifications.take_in(news_of_them)
        return "250 OK"

    post_office.to_mail = takes_its_time
    for _ in range(2):
        notifications.outbox(connections=1).send_due(30)
        notifications.later(seconds=6)
    assert post_office.recipients == ["c000@example.com"]
    assert [row.reason for row in notifications.rows(customer_id="c001")] == [reason]


def test_news_of_others_hold_up_no_message(
    notifications: Notifications, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_of_a_batch, "FRESH", 0)
    notifications.take_in(*known("c000", "c001"))
    broadcast(notifications)
    post_office.to_mail = lambda mail: (notifications.take_in(*known("omar")), "250 OK")[1]
    assert notifications.outbox(connections=1).send_due(30) == 2
    assert post_office.recipients == ["c000@example.com", "c001@example.com"]


class Dripping(Scripted):
    """Answers one command with lines without end, each of them in time."""

    at = "END"

    def _answer(self, connection: socket.socket, verb: str) -> bool:
        if verb != self.at:
            return super()._answer(connection, verb)
        try:
            while not select([connection], [], [], 0.02)[0]:
                connection.sendall(b"250-one moment\r\n")
        except OSError:
            pass
        return False


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "END"])
def test_a_mail_server_that_answers_drop_by_drop_holds_up_nobody(at: str) -> None:
    """Each line comes in time, so no time limit of a single step would ever end it."""
    with Dripping(pipelining=True) as server:
        server.at = at
        mailer = Mailer(Server(LOOPBACK, server.port), timeout=0.3)
        outcome = mailer.send(server.mail())
        assert isinstance(outcome, PutOff)
        assert outcome.away
        assert outcome.in_doubt is (at == "END")
        mailer.close()


def test_a_gateway_whose_answer_never_gets_to_the_point_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    monkeypatch.setattr(calling, "READ_FOR", 0.1)

    def drips(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(90):
                handler.wfile.write(b"X-%d: " % number)
                for _ in range(50):
                    handler.wfile.write(b"x")
                    if handler.connection in select([handler.connection], [], [], 0.02)[0]:
                        return
                handler.wfile.write(b"\r\n")

    gateway.answer = drips
    calls = calling.Calls(answer=0.3)
    with pytest.raises(calling.MAY_HAVE_IT):
        calls.post(Endpoint.parse(gateway.url(), private=True), {}, b"{}")
    calls.close()


def test_a_gateway_that_is_silent_does_not_swallow_all_that_is_due(
    monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    """What it may have had must not go out again, so each call costs a message."""

    def hangs_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    gateway.answer = hangs_up
    sms = Webhook("sms", FarEnd.parse("sms", gateway.url(), SECRET, private=True))
    outcomes = [sms.send(message()) for _ in range(20)]
    assert [one.in_doubt for one in outcomes if isinstance(one, PutOff)] == [True] * 4 + [False] * 16
    monkeypatch.setattr(webhook, "RESTS", 0)
    sms._rests_until = 0
    gateway.answer = None
    assert [sms.send(message()) for _ in range(2)] == [Accepted("outreach-1")] * 2
    sms.close()

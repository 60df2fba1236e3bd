"""SMS and WhatsApp by a signed call to a gateway that is well, unwell, or up to no good."""

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trustme

from services.notifications.channels.outcomes import Accepted, PutOff, Refused
from services.notifications.channels.webhook import FarEnd, Webhook
from tests.integration.notifications.gateways import SECRET, Gateway
from tests.unit.notifications.builders import message
from wafa.runtime.webhooks import calling
from wafa.runtime.webhooks.calling import LONGEST_ANSWER
from wafa.stack.ports import LOOPBACK

NUMBER = "+966500000001"
MESSAGE = message(recipient=NUMBER, short="مرحبًا سارة", language="ar", direction="rtl")

Channel = Callable[..., Webhook]


@pytest.fixture
def channel() -> Iterator[Channel]:
    opened: list[Webhook] = []

    def to(url: str, *, private: bool = True, **options: Any) -> Webhook:
        opened.append(Webhook("sms", FarEnd.parse("sms", url, SECRET, private=private), **options))
        return opened[-1]

    yield to
    for one in opened:
        one.close()


def test_a_gateway_gets_the_text_and_can_tell_that_it_is_from_us(gateway: Gateway, channel: Channel) -> None:
    assert channel(gateway.url()).send(MESSAGE) == Accepted("outreach-1")
    [call] = gateway.calls
    assert call.path == "/send?to=us"
    assert call.content == {
        "type": "sms",
        "to": NUMBER,
        "text": "مرحبًا سارة",
        "language": "ar",
        "outreach_id": "outreach-1",
    }
    assert call.headers["host"] == f"{LOOPBACK}:{gateway.port}"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-id"] == "outreach-1"
    signed = f"outreach-1.{call.headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert call.headers["webhook-signature"] == f"v1,{expected}"


def test_a_call_is_of_this_moment_whatever_time_the_campaign_plays_in(
    gateway: Gateway, channel: Channel
) -> None:
    channel(gateway.url()).send(MESSAGE)
    assert abs(int(gateway.calls[0].headers["webhook-timestamp"]) - time.time()) < 60


def test_many_messages_share_few_connections(gateway: Gateway, channel: Channel) -> None:
    to = channel(gateway.url())
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(to.send, [MESSAGE] * 40)) == {Accepted("outreach-1")}
    assert len(gateway.calls) == 40
    assert gateway.connections <= 4


@pytest.mark.parametrize("status", [400, 402, 406, 413, 415, 422, 451])
def test_what_is_said_of_a_message_is_final(gateway: Gateway, channel: Channel, status: int) -> None:
    gateway.status, gateway.body = status, f"no such number: {NUMBER}".encode()
    assert channel(gateway.url()).send(MESSAGE) == Refused(f"{status} no such number: <recipient>")


@pytest.mark.parametrize("status", [408, 409, 425, 500, 501])
def test_what_may_pass_is_tried_again(gateway: Gateway, channel: Channel, status: int) -> None:
    gateway.status = status
    assert channel(gateway.url()).send(MESSAGE) == PutOff(f"{status} {{}}")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 410, 429, 502, 503, 504])
def test_a_gateway_that_does_not_want_us_is_held_against_no_message(
    gateway: Gateway, channel: Channel, status: int
) -> None:
    gateway.status = status
    assert channel(gateway.url()).send(MESSAGE) == PutOff(f"{status} {{}}", away=True)


@pytest.mark.parametrize(
    ("said", "seconds"), [("30", 30.0), ("999999999", 3600.0), ("-1", None), ("Wed, 04 Mar 2026", None)]
)
def test_a_gateway_may_say_when_to_come_back(
    gateway: Gateway, channel: Channel, said: str, seconds: float | None
) -> None:
    gateway.status, gateway.headers = 429, {"Retry-After": said}
    outcome = channel(gateway.url()).send(MESSAGE)
    assert outcome == PutOff("429 {}", away=True, retry_after=seconds)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(gateway: Gateway, channel: Channel, status: int) -> None:
    gateway.status, gateway.headers = status, {"Location": gateway.url()}
    assert isinstance(channel(gateway.url()).send(MESSAGE), PutOff)
    assert len(gateway.calls) == 1


def test_a_gateway_that_is_away_is_held_against_no_message(channel: Channel) -> None:
    with socket.create_server((LOOPBACK, 0)) as nobody:
        port = nobody.getsockname()[1]
    outcome = channel(f"http://{LOOPBACK}:{port}/").send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away


def test_a_gateway_without_a_name_in_the_world_is_held_against_no_message(channel: Channel) -> None:
    outcome = channel("https://gateway.invalid/", private=False).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away


def test_a_gateway_that_hangs_up_is_held_against_no_message(gateway: Gateway, channel: Channel) -> None:
    gateway.answer = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    outcome = channel(gateway.url()).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x01\x02\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500,
        b"x" * 100_000,
    ],
)
def test_a_gateway_that_talks_nonsense_breaks_nothing(
    gateway: Gateway, channel: Channel, nonsense: bytes
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(nonsense)
        handler.close_connection = True

    gateway.answer = answer
    outcome = channel(gateway.url()).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away


def test_of_an_endless_answer_only_the_beginning_is_read(gateway: Gateway, channel: Channel) -> None:
    gateway.status, gateway.body = 400, b"x" * 50_000_000
    outcome = channel(gateway.url()).send(MESSAGE)
    assert isinstance(outcome, Refused)
    assert len(outcome.reply) < LONGEST_ANSWER
    gateway.status, gateway.body = 202, b"{}"
    assert isinstance(channel(gateway.url()).send(MESSAGE), Accepted)


def test_who_answers_drop_by_drop_holds_up_nobody(
    gateway: Gateway, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each drop comes in time, so no time limit of a single step would ever end it."""
    monkeypatch.setattr(calling, "READ_FOR", 0.2)
    dropped: list[int] = []

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(202)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while True:
                dropped.append(handler.wfile.write(b"x"))
                handler.connection.settimeout(0.02)
                try:
                    if not handler.connection.recv(1):
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    gateway.answer = drip
    assert channel(gateway.url()).send(MESSAGE) == Accepted("outreach-1")
    assert len(dropped) < 1000


@pytest.mark.parametrize("host", [LOOPBACK, "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_what_is_inside_is_not_even_connected_to(gateway: Gateway, channel: Channel, host: str) -> None:
    outcome = channel(f"https://{host}:{gateway.port}/", private=False).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away
    assert "Forbidden" in outcome.reply
    assert gateway.connections == 0


def test_a_name_is_asked_for_once_and_only_the_checked_address_is_called(
    gateway: Gateway, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second answer to the same question (DNS rebinding) would lead elsewhere."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return resolve(LOOPBACK if host == "gateway.example" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    url = f"http://gateway.example:{gateway.port}/"
    assert isinstance(channel(url).send(MESSAGE), Accepted)
    assert asked == ["gateway.example", LOOPBACK]
    assert gateway.calls[0].headers["host"] == f"gateway.example:{gateway.port}"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def secured(authority: trustme.CA, name: str) -> Gateway:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    gateway = Gateway(context=context)
    gateway.open()
    return gateway


def test_a_gateway_shows_a_certificate_of_its_name_though_an_address_is_called(
    channel: Channel, authority: trustme.CA
) -> None:
    gateway = secured(authority, "localhost")
    to = channel(gateway.url("localhost"), context=trusting(authority))
    assert isinstance(to.send(MESSAGE), Accepted)
    gateway.close()


@pytest.mark.parametrize("name", ["other.example", LOOPBACK])
def test_a_certificate_of_another_name_is_not_believed(
    channel: Channel, authority: trustme.CA, name: str
) -> None:
    gateway = secured(authority, name)
    outcome = channel(gateway.url("localhost"), context=trusting(authority)).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert outcome.away
    assert not gateway.calls
    gateway.close()


def test_a_certificate_of_nobody_we_trust_is_not_believed(channel: Channel, authority: trustme.CA) -> None:
    gateway = secured(authority, "localhost")
    outcome = channel(gateway.url("localhost")).send(MESSAGE)
    assert isinstance(outcome, PutOff)
    assert not gateway.calls
    gateway.close()

"""One trace leads from a request to the last of what follows from it; whoever wants none pays for none."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.collector import Collector, Seen
from tests.conftest import Isolated, unique_name
from tests.integration.gateway.conftest import Front, opened
from tests.integration.gateway.subscribers import Subscriber
from tests.shop import purchase
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, Event, decode, event_key
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.services import PROCESSES
from wafa.stack.ports import LOOPBACK

SERVER, CLIENT, CONSUMER = 2, 3, 5
PARENT = "b7ad6b7169203331"
#: What a purchase of somebody new brings about, of whom it is the second one.
FOLLOWING = {
    "customer.created.v1",
    "interaction.recorded.v1",
    "loyalty.member_updated.v1",
    "customer.recognized.v1",
    "outreach.sent.v1",
}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(isolated: Isolated, collector: Collector) -> Iterator[Front]:
    """The front door of a system whose spans go to the collector."""
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "WAFA_HTTP_WORKERS": "1",
        "WAFA_WEBHOOK_PRIVATE": "true",
        "WAFA_LOG_LEVEL": "DEBUG",
    }
    with opened(isolated(*PROCESSES, **environment)) as front:
        yield front


@dataclass
class Bus:
    """All that is published while somebody listens."""

    uri: str
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = connect(self.uri, name="test bus")
        channel = self._connection.channel()
        queue = channel.queue_declare("", exclusive=True).queue
        channel.queue_bind(queue, EXCHANGE, "#")
        channel.basic_consume(queue, no_ack=True, callback=self._on_message)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                self._connection.drain_events(timeout=0.1)
            except TimeoutError:
                continue

    def _on_message(self, message: Any) -> None:
        self.heard += decode(bytes(message.body), message.properties["content_type"])

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._connection.close()

    def of(self, trace: str) -> list[Event]:
        """Return what belongs to a trace."""
        return [event for event in [*self.heard] if event.get("traceparent", "")[3:35] == trace]


@pytest.fixture
def bus(traced: Front) -> Iterator[Bus]:
    bus = Bus(traced.stack.amqp_uri)
    yield bus
    bus.close()


@pytest.fixture
def trace() -> str:
    return f"{unique_name()}".encode().hex().zfill(32)[:32]


def purchases(who: str, *days_ago: int, **attributes: str) -> list[Event]:
    """What somebody has bought, a purchase each of these days; attributes of every event."""
    sara = {"email": f"{who}@example.com", "name": "Sara"}
    return [purchase(who, f"{day}", sara, at=now() - timedelta(days=day), **attributes) for day in days_ago]


def test_one_trace_leads_from_a_request_through_all_services_to_the_last_follow_up(
    traced: Front, collector: Collector, bus: Bus, trace: str, unique: str
) -> None:
    [bought] = purchases(unique, 3)
    [again] = purchases(unique, 1)
    for event in (bought, again):
        answer = traced.post("/v1/events", event, traceparent=f"00-{trace}-{PARENT}-01")
        assert answer.status == 202

    eventually(lambda: {event["type"] for event in bus.of(trace)} >= FOLLOWING)
    [whose] = {event["data"]["customer_id"] for event in bus.of(trace) if "customer_id" in event["data"]}
    theirs = [event for event in bus.heard if event.get("subject") == whose and event["type"] in FOLLOWING]
    # A member may be seen anew just because time passes.
    untraced = {event["type"] for event in theirs if event not in bus.of(trace)}
    assert untraced <= {"loyalty.member_updated.v1"}
    eventually(lambda: {one.service for one in collector.spans(trace)} >= SERVICES)
    eventually(lambda: [one for one in collector.spans(trace) if one.name == "send email"])
    spans = {one.id: one for one in collector.spans(trace)}
    # Every span is below one that is told of as well, but for those of the requests.
    entered = [one for one in spans.values() if one.parent == PARENT]
    assert {(one.service, one.name, one.kind) for one in entered} == {("wafa-web", "POST /v1/events", SERVER)}
    eventually(lambda: not [one for one in orphans(collector, trace) if one.parent != PARENT])

    lines = {line(spans, one) for one in spans.values()}
    door = "wafa-web POST /v1/events"
    recording = f"{door} > wafa-interactions process wafa.interactions"
    assert recording in lines
    assert f"{recording} > wafa-customers customers/resolve" in lines
    assert f"{recording} > wafa-loyalty process wafa.loyalty" in lines
    met = f"{recording} > wafa-customers customers/resolve > wafa-notifications process wafa.notifications"
    assert met in lines
    told = f"{recording} > wafa-loyalty process wafa.loyalty > wafa-notifications process wafa.notifications"
    assert f"{told} > wafa-notifications send email" in lines


SERVICES = {"wafa-web", "wafa-interactions", "wafa-customers", "wafa-loyalty", "wafa-notifications"}


def orphans(collector: Collector, trace: str) -> list[Seen]:
    known = {one.id for one in collector.spans(trace)}
    return [one for one in collector.spans(trace) if one.parent not in known]


def line(spans: dict[str, Seen], one: Seen) -> str:
    """The way that led to a span."""
    above = spans.get(one.parent)
    return (f"{line(spans, above)} > " if above else "") + f"{one.service} {one.name}"


def test_spans_tell_which_event_it_was_and_nothing_personal(
    traced: Front, collector: Collector, trace: str, unique: str
) -> None:
    [bought] = purchases(unique, 3, correlationid=f"order of {unique[:8]}")
    traced.post("/v1/events", bought, traceparent=f"00-{trace}-{PARENT}-01")

    [recording] = eventually(
        lambda: [one for one in collector.spans(trace) if one.service == "wafa-interactions"]
    )
    assert recording.kind == CONSUMER
    assert recording.attributes | {"cloudevents.event_id": "3"} == {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "wafa.interactions",
        "messaging.message.conversation_id": f"order of {unique[:8]}",
        "cloudevents.event_type": "purchase.completed.v1",
        "cloudevents.event_id": "3",
        "cloudevents.event_source": f"/{unique}",
    }
    eventually(lambda: {one.service for one in collector.spans(trace)} >= SERVICES)
    told = [value for one in collector.spans(trace) for value in one.attributes.values()]
    assert not [value for value in told if "@" in str(value) or "Sara" in str(value)]


def test_an_event_keeps_the_trace_that_it_came_with_and_so_does_what_subscribers_get(
    traced: Front, bus: Bus, receiver: Subscriber, trace: str, unique: str
) -> None:
    own = f"00-{unique.encode().hex().zfill(32)[:32]}-{PARENT}-01"
    wanted = {"url": receiver.url(), "types": ["interaction.recorded.v1"]}
    assert traced.post("/v1/webhooks", wanted).status == 201
    [bought] = purchases(unique, 3, traceparent=own)
    traced.post("/v1/events", bought, traceparent=f"00-{trace}-{PARENT}-01")
    [call] = eventually(lambda: [one for one in receiver.got() if own[3:35] in str(one.content)])

    assert bus.of(trace) == []
    [posted] = [event for event in bus.heard if event["source"] == f"/{unique}"]
    assert posted["traceparent"] == own
    [recorded] = [event for event in bus.of(own[3:35]) if event["type"] == "interaction.recorded.v1"]
    assert call.content["traceparent"] == recorded["traceparent"]


def test_a_request_of_nobodys_trace_begins_one(
    traced: Front, collector: Collector, bus: Bus, unique: str
) -> None:
    [bought] = purchases(unique, 3)
    traced.post("/v1/events", bought)
    [posted] = eventually(lambda: [event for event in bus.heard if event["source"] == f"/{unique}"])
    began = posted["traceparent"][3:35]
    entered = eventually(lambda: [one for one in collector.spans(began) if one.service == "wafa-web"])
    assert [one.parent for one in entered] == [""]


def test_what_is_asked_of_the_services_belongs_to_the_request(
    traced: Front, collector: Collector, trace: str
) -> None:
    traced.get("/v1/members/nobody", traceparent=f"00-{trace}-{PARENT}-01")
    eventually(lambda: len(collector.spans(trace)) >= 2)
    asked = {one.name: one for one in collector.spans(trace)}
    door = asked["GET /v1/members/<customer_id>"]
    assert (asked["loyalty/member"].parent, door.attributes["http.response.status_code"]) == (door.id, 404)


def test_who_asks_whether_all_is_well_leaves_no_spans(
    traced: Front, collector: Collector, trace: str
) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert traced.get(path, traceparent=f"00-{trace}-{PARENT}-01").status == 200
    traced.get("/v1/key", traceparent=f"00-{trace}-{PARENT}-01")
    [only] = eventually(lambda: collector.spans(trace))
    assert only.name == "GET /v1/key"


def test_what_nobody_records_is_carried_on_and_leaves_no_spans(
    traced: Front, collector: Collector, bus: Bus, trace: str, unique: str
) -> None:
    traced.post("/v1/events", purchases(unique, 3)[0], traceparent=f"00-{trace}-{PARENT}-00")
    eventually(lambda: "loyalty.member_updated.v1" in {event["type"] for event in bus.of(trace)})
    traced.get("/v1/key", traceparent=f"00-{'f' * 32}-{PARENT}-01")
    eventually(lambda: collector.spans("f" * 32))
    assert collector.spans(trace) == []


def test_an_event_is_followed_through_the_logs_by_its_correlation_id(
    traced: Front, bus: Bus, unique: str
) -> None:
    [bought] = purchases(unique, 3)
    [result] = traced.post("/v1/events", bought).json()["results"]
    assert result["correlation_id"] == event_key(bought)
    logs = traced.stack.log_folder

    def tellers() -> set[str]:
        return {
            file.stem for file in logs.glob("*.log") if result["correlation_id"] in file.read_text("utf-8")
        }

    eventually(lambda: tellers() >= {name.removeprefix("wafa-") for name in SERVICES})


def recorded(services: Client) -> int:
    return sum(one["records"] for one in services.call("interactions", "totals"))


def test_a_collector_that_takes_no_answer_holds_up_nothing(isolated: Isolated, unique: str) -> None:
    """Connections to it are accepted by the system, and nobody ever reads from them."""
    with socket.create_server((LOOPBACK, 0)) as silent:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{silent.getsockname()[1]}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with isolated("customers", "interactions", **environment) as stack:
            publisher = Publisher(stack.amqp_uri, name="test")
            publisher.publish(
                [
                    bought | {"traceparent": f"00-{number:032x}-{PARENT}-01"}
                    for number in range(1, 3001)
                    for bought in purchases(f"{unique}{number}", 3)
                ]
            )
            publisher.close()
            with Client(stack.amqp_uri) as services:
                eventually(lambda: recorded(services) == 3000)
            began = time.monotonic()
            for name in ("interactions", "customers"):
                stack.end(name)
            # Of the time that a process has to stop, a few seconds.
            assert time.monotonic() - began < 2 * 10

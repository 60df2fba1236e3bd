"""What follows from a traced event carries its trace on, whether or not anybody here makes spans."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.collector import Collector
from wafa.contracts.envelope import Event, event_key, make_event
from wafa.contracts.errors import Problem
from wafa.contracts.traces import in_trace, is_sampled, trace_id, traceparent_of
from wafa.runtime.policy import Reject
from wafa.runtime.settings import SettingsError
from wafa.runtime.tracing import Attributes, Batch, Kind, Trail, tracer_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNRECORDED = f"00-{TRACE}-b7ad6b7169203331-00"


def event(id: str = "1", **more: Any) -> Event:
    return make_event(
        "contact.logged.v1", source="/till", id=id, time=datetime(2026, 5, 1, tzinfo=UTC), data={}, **more
    )


def published(trail: Trail, *events: Event) -> list[Any]:
    """Return in which traces these follow-ups go out."""
    out: list[Event] = []
    trail.publishing(out.extend)(events)
    return [one.get("traceparent") for one in out]


@dataclass
class Made:
    traceparent: str
    kind: Kind
    parent: str | None
    told: dict[str, Any]
    ended: list[str | None] = field(default_factory=list)

    def note(self, attributes: Attributes) -> None:
        self.told |= attributes

    def end(self, error: str | None = None) -> None:
        self.ended.append(error)


class Recorder:
    """Makes spans that say what became of them."""

    def __init__(self) -> None:
        self.spans: list[Made] = []

    def begin(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes, *, since: int | None = None
    ) -> Made:
        made = Made(f"{(parent or OTHER)[:36]}{len(self.spans):016x}-01", kind, parent, dict(attributes))
        self.spans.append(made)
        return made

    def close(self, within: float) -> None:
        pass


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        7,
        {"$gt": ""},
        PARENT.upper(),
        PARENT + "\n",
        PARENT[:-1],
        f"ff{PARENT[2:]}",
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT.replace("0af", "٠af"),
    ],
)
def test_what_is_no_traceparent_counts_as_none(value: object) -> None:
    assert traceparent_of({"traceparent": value}) is None


def test_a_traceparent_names_its_trace_and_whether_it_is_recorded() -> None:
    assert traceparent_of({"traceparent": PARENT}) == PARENT
    assert trace_id(PARENT) == TRACE
    assert (is_sampled(PARENT), is_sampled(UNRECORDED)) == (True, False)


def test_a_follow_up_is_found_by_its_cause() -> None:
    trail = Trail([event("1"), event("2", traceparent=PARENT), event("3", traceparent=OTHER)])
    follow_ups = [event("x", causation=cause) for cause in ("1", "2", "3", "4")]
    assert published(trail, *follow_ups) == [None, PARENT, OTHER, None]


def test_a_follow_up_is_found_by_its_correlation_given_or_derived() -> None:
    first, second = event("1", traceparent=PARENT), event("2", correlation="order", traceparent=OTHER)
    follow_ups = [event("x", correlation=event_key(first)), event("y", correlation="order")]
    assert published(Trail([first, second]), *follow_ups) == [PARENT, OTHER]


def test_events_of_two_sources_with_the_same_id_are_not_taken_for_each_other() -> None:
    here = event("1", correlation="here", traceparent=PARENT)
    there = event("1", correlation="there", traceparent=OTHER) | {"source": "/elsewhere"}
    for arrived in ([here, there], [there, here]):
        follow_ups = [event("x", causation="1", correlation=where) for where in ("here", "there")]
        assert published(Trail(arrived), *follow_ups) == [PARENT, OTHER]


def test_an_event_keeps_the_trace_that_it_has_and_is_never_changed_in_place() -> None:
    trail = Trail([event("1", traceparent=PARENT)])
    follow_up, elsewhere = event("x", causation="1"), event("y", causation="1", traceparent=OTHER)
    before = dict(follow_up)
    assert published(trail, follow_up, elsewhere) == [PARENT, OTHER]
    assert follow_up == before
    assert in_trace(follow_up, None) is follow_up


def test_whatever_follows_from_a_question_belongs_to_its_trace() -> None:
    asked = PARENT.replace("b7ad6b7169203331", "00000000000000aa")
    trail = Trail(all_in=asked)
    # What belonged to the trace before the question was put follows from the question now.
    follow_ups = [event("x"), event("y", traceparent=PARENT), event("z", traceparent=OTHER)]
    assert published(trail, *follow_ups) == [asked, asked, OTHER]
    assert published(trail, event("x", traceparent="whatever its publisher wrote")) == [
        "whatever its publisher wrote"
    ]


@pytest.mark.parametrize(
    ("traceparents", "only"),
    [
        ([], None),
        ([None], None),
        ([PARENT], PARENT),
        ([PARENT, PARENT], PARENT),
        ([PARENT, PARENT.replace("b7ad", "a7ad")], PARENT),
        ([PARENT, None], None),
        ([PARENT, OTHER], None),
        (["nonsense"], None),
    ],
)
def test_what_a_batch_asks_of_others_belongs_to_a_trace_if_all_of_it_does(
    traceparents: Sequence[str | None], only: str | None
) -> None:
    events = [event(f"{place}", traceparent=one) for place, one in enumerate(traceparents)]
    assert Trail(events).only == only


def test_what_is_no_event_at_all_is_in_no_trace() -> None:
    assert not Trail([7, "traceparent", None, ["traceparent"]])  # type: ignore[list-item]
    assert published(Trail([{"traceparent": PARENT}]), event("x")) == [None]


def test_who_works_on_an_event_has_it_with_the_span_of_that_work() -> None:
    recorder, arrived = Recorder(), [event("1"), event("2", traceparent=PARENT)]
    batch = Batch(recorder, "wafa.loyalty", arrived)
    [span] = recorder.spans
    assert (span.parent, span.kind, span.told["cloudevents.event_id"]) == (PARENT, Kind.CONSUMER, "2")
    assert batch.events[0] is arrived[0]
    assert batch.events[1] == arrived[1] | {"traceparent": span.traceparent}
    assert arrived[1]["traceparent"] == PARENT
    batch.end()
    assert span.ended == [None]


def test_who_hands_events_on_has_them_as_they_came() -> None:
    recorder, arrived = Recorder(), [event("2", traceparent=PARENT)]
    batch = Batch(recorder, "wafa.gateway", arrived, forwarding=True)
    assert batch.events is arrived
    batch.end([Reject(arrived[0], Problem("invalid", "", ""))])
    assert [one.ended for one in recorder.spans] == [["Reject"]]


def test_a_span_tells_what_went_wrong_and_quotes_nobody() -> None:
    recorder = Recorder()
    batch = Batch(recorder, "wafa.loyalty", [event("1", traceparent=PARENT), event("2", traceparent=PARENT)])
    batch.end([Reject(batch.events[1], Problem("invalid", "", ""))])
    assert [one.ended for one in recorder.spans] == [[None], ["Reject"]]
    broken = Batch(recorder, "wafa.loyalty", [event("1", traceparent=PARENT)])
    broken.fail(ValueError("sara@example.com"))
    assert recorder.spans[-1].ended == ["ValueError"]


def test_what_nobody_records_has_no_span() -> None:
    recorder, arrived = Recorder(), [event("1"), event("2", traceparent=UNRECORDED)]
    batch = Batch(recorder, "wafa.loyalty", arrived)
    batch.end()
    assert batch.events is arrived
    assert recorder.spans == []


@pytest.mark.parametrize(
    ("environment", "made"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_nothing_of_opentelemetry_is_imported_where_no_spans_are_to_be_sent(
    environment: dict[str, str], made: bool
) -> None:
    program = (
        "import sys, services.gateway.serving.server, wafa.runtime.rpc, wafa.runtime.entrypoint\n"
        "from wafa.runtime.tracing import tracer_of\n"
        "tracer = tracer_of('loyalty')\n"
        "print(tracer is not None, any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=bare | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(made)] * 2


def test_the_key_that_a_collector_asks_for_may_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "headers").write_text("api-key=from a file\n", "utf-8")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", str(tmp_path / "headers"))
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        tracer = tracer_of("loyalty")
        assert tracer
        tracer.begin("anything", Kind.SERVER, None, {}).end()
        tracer.close(10)
        assert collector.headers["api-key"] == "from a file"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", "/nowhere/headers")
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_HEADERS_FILE"):
        tracer_of("loyalty")

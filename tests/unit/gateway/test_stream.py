"""What a screen hears, what it is told to have missed, and what it may cost the others."""

import fcntl
import resource as limits
import socket
import threading
from typing import Any

import pytest

from services.gateway.resources import stream as resource
from services.gateway.stream.choice import UnknownTypes, chosen
from services.gateway.stream.ears import Ears, _frames
from services.gateway.stream.frames import END, GAP, HEARTBEAT, OPENING, OVERFLOW, Frame, frame
from services.gateway.stream.hub import Full, Hub
from services.gateway.stream.listener import Listener
from services.gateway.stream.recent import Recent
from tests.waiting import eventually
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.examples import example
from wafa.runtime import owner
from wafa.runtime.errors import RemoteUnavailable

RECOGNIZED, TIER = "customer.recognized.v1", "loyalty.tier_changed.v1"
BOTH = frozenset({RECOGNIZED, TIER})


def told(id: str, type: str = RECOGNIZED) -> Frame:
    return frame(example(type) | {"id": id})


@pytest.fixture
def hub() -> Hub:
    """With ears that hear at once what is wanted."""
    hub = Hub(2, lambda: hub.heard(hub.wanted()))
    return hub


def join(hub: Hub, types: frozenset[str] = BOTH, last: str | None = None) -> Listener:
    listener = Listener(types)
    hub.listen(listener, last, within=0)
    return listener


def test_types_are_named_whole_or_by_their_beginning() -> None:
    assert chosen("customer.recognized.v1, loyalty.*") == {RECOGNIZED, TIER, "loyalty.member_updated.v1"}
    assert chosen("*") == OUTBOUND.keys()


@pytest.mark.parametrize("names", ["purchase.completed.v1", "loyalty.*,nonsense", "", "loyalty.#", "a,,b"])
def test_a_name_that_nothing_is_published_under_is_refused(names: str) -> None:
    with pytest.raises(UnknownTypes):
        chosen(names)


def test_an_event_is_written_as_server_sent_events_are() -> None:
    lines = told("e-1").body.decode().split("\n")
    assert lines[:2] == ["id: e-1", f"event: {RECOGNIZED}"]
    assert lines[2].startswith('data: {"')
    assert lines[3:] == ["", ""]


def test_who_comes_back_hears_what_came_meanwhile_and_nothing_twice() -> None:
    recent = Recent()
    recent.begin(BOTH)
    frames = [told("a"), told("b", TIER), told("c")]
    for one in frames:
        recent.add(one, 0)

    assert recent.after("a", BOTH) == frames[1:]
    assert recent.after("a", frozenset({RECOGNIZED})) == frames[2:]
    assert recent.after("c", BOTH) == []


def test_nobody_pretends_to_know_what_was_not_heard() -> None:
    recent = Recent(most=2)
    recent.begin({RECOGNIZED})
    for id in "abc":
        recent.add(told(id), 0)
    recent.begin({TIER})

    assert recent.after("a", frozenset({RECOGNIZED})) is None, "pushed out"
    assert recent.after("c", BOTH) is None, "the tier may have changed between c and now"
    recent.end({RECOGNIZED})
    assert recent.after("b", frozenset({RECOGNIZED})) is None


def test_what_is_remembered_is_bounded_in_bytes_and_in_time() -> None:
    recent = Recent(most_bytes=2 * len(told("a").body))
    recent.begin(BOTH)
    for moment, id in enumerate("abc"):
        recent.add(told(id), moment)

    assert recent.after("a", BOTH) is None
    recent.forget(before=2)
    assert recent.after("b", BOTH) is None
    assert recent.after("c", BOTH) == []


def test_who_is_too_slow_is_cut_off_and_told_so() -> None:
    listener = Listener(BOTH, most=2)
    for id in "abcde":
        listener.offer(told(id))

    assert listener.cut_off
    assert listener.take(0) == OVERFLOW


def test_large_events_cut_off_too() -> None:
    listener = Listener(BOTH, most_bytes=len(told("a").body))
    listener.offer(told("a"))
    assert not listener.cut_off
    listener.offer(told("b"))
    assert listener.cut_off


def test_each_hears_what_it_listens_for(hub: Hub) -> None:
    tiers, all_of_it = join(hub, frozenset({TIER})), join(hub)

    hub.tell([told("a"), told("b", TIER)])

    assert tiers.take(0) == told("b", TIER).body
    assert all_of_it.take(0) == told("a").body + told("b", TIER).body


def test_a_short_interruption_costs_nothing(hub: Hub) -> None:
    listener = join(hub)
    hub.tell([told("a")])
    hub.leave(listener)
    hub.tell([told("b")])

    assert join(hub, last="a").take(0) == told("b").body
    assert join(hub, last="unheard of").take(0) == GAP


def test_while_the_broker_was_away_something_may_be_missing(hub: Hub) -> None:
    listener = join(hub)
    hub.tell([told("a")])
    listener.take(0)

    hub.lost()
    assert listener.take(0) == b"", "not yet: more may be missing"
    hub.heard(hub.wanted())

    assert listener.take(0) == GAP
    assert join(hub, last="a").take(0) == GAP


def test_no_more_listen_than_there_is_room_for(hub: Hub) -> None:
    first, _ = join(hub), join(hub)
    with pytest.raises(Full):
        join(hub)
    hub.leave(first)
    join(hub)


def test_who_cannot_be_heard_for_is_told_and_takes_no_room() -> None:
    deaf = Hub(1, lambda: None)
    for _ in range(2):
        with pytest.raises(RemoteUnavailable):
            join(deaf)


def test_a_type_is_heard_a_little_longer_than_it_is_wanted() -> None:
    hub = Hub(2, lambda: hub.heard(hub.wanted()), linger=0.05)
    hub.leave(join(hub))

    assert hub.wanted() == BOTH
    eventually(lambda: hub.wanted() == frozenset())


def test_who_waits_is_woken_by_an_event(hub: Hub) -> None:
    listener = join(hub)
    threading.Timer(0.05, hub.tell, [[told("a")]]).start()

    assert listener.take(within=60) == told("a").body


def test_a_stream_ends_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "RECHECK", 0)
    monkeypatch.setattr(resource, "TICK", 0.01)
    answers = iter([True, False])

    sent = [*resource._chunks(Listener(BOTH), lambda: False, lambda: next(answers))]

    assert sent == [OPENING, END]


def test_a_silent_stream_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "BEAT", 0)
    monkeypatch.setattr(resource, "TICK", 0.01)
    over = iter([False, False, True])

    sent = [*resource._chunks(Listener(BOTH), lambda: next(over), lambda: True)]

    assert sent == [OPENING, HEARTBEAT, HEARTBEAT, END]


def test_the_last_that_a_slow_client_gets_is_that_it_is_too_slow() -> None:
    listener = Listener(BOTH, most=0)
    listener.offer(told("a"))

    assert [*resource._chunks(listener, lambda: False, lambda: True)] == [OPENING, OVERFLOW]


def test_a_client_that_has_closed_the_connection_is_gone() -> None:
    here, there = socket.socketpair()
    with here:
        assert not resource._is_gone(here)
        there.send(b"nobody asked")
        assert not resource._is_gone(here)
        here.recv(100)
        there.close()
        assert resource._is_gone(here)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "/pos/riyadh-01"},
        {"type": "customer.created.v1"},
        {"id": "a\nevent: x"},
        {"data": {}},
        {"type": "purchase.completed.v1"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_somebody_else_says_in_our_name_reaches_no_screen(change: dict[str, Any]) -> None:
    ours = example(RECOGNIZED)
    assert [*_frames([ours], RECOGNIZED)] == [frame(ours)]

    assert [*_frames([ours | change, "no event", None], RECOGNIZED)] == []
    assert [*_frames([ours], "purchase.completed.v1")] == []


def test_who_has_left_is_noticed_however_many_connections_there_are() -> None:
    soft, hard = limits.getrlimit(limits.RLIMIT_NOFILE)
    limits.setrlimit(limits.RLIMIT_NOFILE, (min(hard, 4096), hard))
    ours, theirs = socket.socketpair()
    far = socket.socket(fileno=fcntl.fcntl(ours, fcntl.F_DUPFD, 2000))
    try:
        assert not resource._is_gone(far)
        theirs.close()
        assert resource._is_gone(far)
    finally:
        for one in (ours, theirs, far):
            one.close()
        limits.setrlimit(limits.RLIMIT_NOFILE, (soft, hard))


def test_a_fault_of_ours_does_not_leave_the_screens_without_anybody_who_hears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def failing(uri: str, **_: Any) -> None:
        tried.append(uri)
        raise RuntimeError("a bug")

    monkeypatch.setattr(owner, "connect", failing)
    monkeypatch.setattr(Hub, "wanted", lambda _: BOTH)
    ears = Ears("amqp://nowhere", 1, name="ears")
    try:
        eventually(lambda: len(tried) > 1)
    finally:
        ears.close()

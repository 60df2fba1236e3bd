"""Members are a function of the facts and of who is whom: of no order, repetition, batch, or crash."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.loyalty import handlers, queries, sweeping
from services.loyalty.domain.codec import decode_state
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.family import Circular
from services.loyalty.sweeping import ABANDONED
from wafa.contracts.envelope import Event

from .histories import patient, programs
from .memory import MemoryStore
from .people import IDS, NOW, Bus, Story, merged, stories, take_in, unmerged
from .story import PROGRAM


class Crash(Exception):
    """The process dies here."""


class Mortal:
    """A store whose worker dies at the call of one number, before or after it has its effect."""

    def __init__(self, store: MemoryStore, dies_at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, dies_at, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Crash
            answer = getattr(self._store, name)(*arguments)
            if self._left == 0:
                raise Crash
            return answer

        return call


def arrive(store: Any, bus: Bus, by: Program, batches: list[list[Event]]) -> None:
    """What the delivery policy does: what fails is taken one by one, and again later."""
    again: list[Event] = []
    for batch in batches:
        try:
            take_in(store, bus, by, *batch)
        except Circular:
            again += batch
    for _ in range(len(again) ** 2):
        if not again:
            break
        event = again.pop(0)
        try:
            take_in(store, bus, by, event)
        except Circular:
            again.append(event)
    assert again == []


def cut(events: list[Event], cuts: list[int]) -> list[list[Event]]:
    edges = sorted({0, len(events), *(one for one in cuts if one < len(events))})
    return [events[start:end] for start, end in pairwise(edges)]


def expected(by: Program, story: Story) -> dict[str, State]:
    facts: dict[str, list[Fact]] = {}
    for event in story.facts:
        data = event["data"]
        facts.setdefault(story.roots[data["customer_id"]], []).append(handlers.FACTS[data["type"]](data, by))
    return {customer_id: rebuild(by, of_one) for customer_id, of_one in facts.items()}


def members(store: MemoryStore) -> dict[str, State]:
    """All who have bought and are no alias."""
    states = {
        customer_id: decode_state(document["state"])
        for customer_id, document in store.documents.items()
        if "state" in document
    }
    return {customer_id: state for customer_id, state in states.items() if state.last}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Story, list[list[Event]]]:
    """A story, and how it is delivered: in any order, some of it twice, in any batches."""
    story = draw(stories())
    events = [*story.facts, *story.changes]
    events += draw(st.lists(st.sampled_from(events), max_size=4))
    cuts = draw(st.lists(st.integers(0, 16), max_size=8))
    return story, cut(draw(st.permutations(events)), cuts)


@patient
@given(programs, deliveries())
def test_any_order_repetition_and_batches_of_facts_and_merges_make_the_same_members(
    by: Program, delivered: tuple[Story, list[list[Event]]]
) -> None:
    (story, batches), store, bus = delivered, MemoryStore(), Bus()
    arrive(store, bus, by, batches)
    assert members(store) == expected(by, story)
    assert all(not document.get("unsettled_since") for document in store.documents.values())


@patient
@given(programs, deliveries(), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=6))
def test_a_worker_may_die_at_any_step(
    by: Program, delivered: tuple[Story, list[list[Event]]], deaths: list[tuple[int, bool]]
) -> None:
    (story, batches), store, bus = delivered, MemoryStore(), Bus()
    for batch, (dies_at, after) in zip(batches, deaths, strict=False):
        try:
            take_in(Mortal(store, dies_at, after=after), bus, by, *batch)
        except (Crash, Circular):
            continue
    arrive(store, bus, by, batches)
    sweeping.sweep(store, bus, NOW + 2 * ABANDONED)

    assert members(store) == expected(by, story)
    assert store.rows.keys() == {event["data"]["interaction_id"] for event in story.facts}
    assert list(store.unsettled(NOW)) == []


@patient
@given(deliveries(), st.sampled_from(IDS), st.sampled_from(IDS))
def test_an_un_merge_after_a_merge_changes_nothing(
    delivered: tuple[Story, list[list[Event]]], alias: str, into: str
) -> None:
    (story, batches), store, bus = delivered, MemoryStore(), Bus()
    arrive(store, bus, PROGRAM, batches)
    if not alias == story.roots[alias] != story.roots[into]:
        return
    before = members(store), shown(store)

    take_in(store, bus, PROGRAM, merged(alias, into, 100))
    assert shown(store)[alias] == shown(store)[into]
    take_in(store, bus, PROGRAM, unmerged(alias, into, 101))

    assert (members(store), shown(store)) == before


@patient
@given(deliveries())
def test_what_was_published_last_is_what_holds(delivered: tuple[Story, list[list[Event]]]) -> None:
    (_, batches), store, bus = delivered, MemoryStore(), Bus()
    arrive(store, bus, PROGRAM, batches)
    latest: dict[str, dict[str, Any]] = {}
    for data in bus.of("loyalty.member_updated.v1"):
        if data["version"] >= latest.get(data["customer_id"], {"version": 0})["version"]:
            latest[data["customer_id"]] = data
    for customer_id, document in store.documents.items():
        if "state" in document:
            told = {"customer_id": customer_id, "version": document["version"], **document["snapshot"]}
            assert latest[customer_id] == told


@patient
@given(deliveries())
def test_every_change_is_confirmed(delivered: tuple[Story, list[list[Event]]]) -> None:
    (story, batches), bus = delivered, Bus()
    arrive(MemoryStore(), bus, PROGRAM, batches)
    confirmed = {(one["change_id"], one["service"]) for one in bus.of("customer.change_applied.v1")}
    assert confirmed == {(event["data"]["change_id"], "loyalty") for event in story.changes}


def shown(store: MemoryStore) -> dict[str, Any]:
    """What anybody who asks is answered, of all customers."""
    return {
        one: (queries.member(store, PROGRAM, one, NOW), queries.ledger(store, PROGRAM, one, NOW))
        for one in IDS
    }

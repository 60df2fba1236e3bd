"""A customer who answers that it is not solved reopens the case: exactly once, in any order, whoever dies."""

from itertools import permutations

import pytest

from services.interactions import queries
from services.notifications.audience import reading
from tests.integration.interactions.parts import NOON, NOW, Interactions, complaint, forget
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.validation import check

OPENED, RESOLVED = complaint("opened", "e1", 9), complaint("resolved", "e2", 12, resolution="sent anew")
CASE = derive_id(OPENED["source"], "case c-1")


def answer(hour: int = 15, score: int = 0, *, id: str = "a1", who: str = "mona", **about: str) -> Event:
    data = {
        "customer": {"email": f"{who}@example.com"},
        "kind": "csat",
        "score": score,
        "scale_max": 1,
        "comment": "nothing has come",
        "about": {"type": "complaint", "id": "c-1", "source": OPENED["source"], **about},
        "channel": "email",
    }
    return make_event("feedback.given.v1", source="/survey", id=id, time=NOON.replace(hour=hour), data=data)


def reopened(interactions: Interactions) -> list[Event]:
    told = interactions.told("interaction.recorded.v1")
    return [event for event in told if event["data"]["type"] == "complaint.reopened.v1"]


def open_cases(interactions: Interactions, who: str = "mona") -> list[str]:
    return [case["id"] for case in queries.card(interactions.store, who, NOW)["open_cases"]]


def test_a_no_reopens_a_resolved_complaint_and_everybody_hears_of_it(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED)
    assert open_cases(interactions) == []

    interactions.record(answer())

    assert open_cases(interactions) == [CASE]
    [told] = reopened(interactions)
    assert check(told, interactions.now) is None
    assert (told["data"]["customer_id"], told["time"]) == ("mona", "2026-03-02T15:00:00Z")
    assert (told["data"]["channel"], told["data"]["initiator"]) == ("email", "customer")
    assert told["data"]["data"] == {"complaint_id": "c-1", "category": "late", "severity": "high"}
    _, [_, learnt] = reading.FACTS["interaction.recorded.v1"](told)
    assert (learnt.id, learnt.status) == (CASE, "reopened"), "who keeps complaints knows which one it is"


@pytest.mark.parametrize("events", [*permutations([OPENED, RESOLVED, answer()])])
@pytest.mark.parametrize("together", [True, False])
def test_the_case_is_open_in_whatever_order_that_arrives(
    interactions: Interactions, events: tuple[Event, ...], together: bool
) -> None:
    for batch in [events] if together else [[event] for event in events]:
        assert interactions.record(*batch) == []

    assert open_cases(interactions) == [CASE]
    assert len({event["id"] for event in reopened(interactions)}) == 1
    assert len(queries.timeline(interactions.store, "mona", None, 10)["interactions"]) == 4


def test_whatever_comes_again_reopens_nothing_again(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED, answer())
    interactions.record(complaint("resolved", "e3", 18))
    for again in (answer(), RESOLVED, OPENED):
        interactions.record(again)

    assert open_cases(interactions) == [], "it was resolved after the answer"
    assert len({event["id"] for event in reopened(interactions)}) == 1
    assert {total["type"]: total["records"] for total in queries.totals(interactions.store)} == {
        "complaint.opened.v1": 1,
        "complaint.resolved.v1": 2,
        "complaint.reopened.v1": 1,
        "feedback.given.v1": 1,
    }


@pytest.mark.parametrize("dies_at", ["records_of_cases", "save", "publish"])
def test_a_worker_that_dies_in_between_is_followed_by_one_that_reopens_it_once(
    interactions: Interactions, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    interactions.record(OPENED, RESOLVED)

    def die(*_: object) -> None:
        raise SystemError

    with monkeypatch.context() as dying:
        of = {"publish": interactions, "save": interactions.store.cases}.get(dies_at, interactions.store)
        dying.setattr(of, dies_at, die)
        with pytest.raises(SystemError):
            interactions.record(answer())
    # Heard of meanwhile: by it the case was open again before the answer.
    interactions.record(complaint("reopened", "e3", 13))
    interactions.record(answer())

    assert open_cases(interactions) == [CASE]
    shown = queries.timeline(interactions.store, "mona", None, 10)["interactions"]
    recorded = {one["interaction_id"] for one in shown if one["type"] == "complaint.reopened.v1"}
    assert {event["data"]["interaction_id"] for event in reopened(interactions)} == recorded


def test_what_is_no_no_reopens_nothing(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED)

    interactions.record(
        answer(score=1),
        answer(id="a2", type="purchase"),
        answer(id="a3", source="/another"),
        answer(id="a4", hour=11),
    )

    assert reopened(interactions) == []
    assert open_cases(interactions) == []


def test_an_answer_may_name_the_case_by_the_id_that_the_card_shows(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED)

    interactions.record(answer(source="/wafa/interactions"))
    assert reopened(interactions) == [], "c-1 is the id of no case"
    named = answer(id="a2", source="/wafa/interactions")
    named["data"]["about"]["id"] = CASE
    interactions.record(named)

    assert open_cases(interactions) == [CASE]


def test_a_second_no_does_not_reopen_what_is_open_again(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED, answer(15))
    interactions.record(answer(16, id="a2"))
    assert len({event["id"] for event in reopened(interactions)}) == 1

    interactions.record(complaint("resolved", "e3", 18), answer(20, id="a3"))
    assert len({event["id"] for event in reopened(interactions)}) == 2
    assert open_cases(interactions) == [CASE]


def test_an_answer_that_comes_after_the_erasure_reopens_nothing(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED)
    interactions.erased.add("mona")
    interactions.quarantine(forget("mona"))

    interactions.record(answer())

    assert reopened(interactions) == []


def test_a_reopening_is_forgotten_with_its_customer(interactions: Interactions) -> None:
    interactions.record(OPENED, RESOLVED, answer())
    interactions.erased.add("mona")
    interactions.quarantine(forget("mona"))

    records = queries.timeline(interactions.store, "mona", None, 10)["interactions"]
    assert all(one["redacted"] for one in records)
    assert "nothing has come" not in repr(records)
    told = len(interactions.published)
    interactions.record(RESOLVED, answer())
    assert interactions.published[told:] == []

"""Quarantine: what was refused is listed, shown as it came, corrected and replayed."""

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.interactions import queries, rejections
from tests.integration.interactions.parts import NOW, Interactions
from tests.integration.interactions.parts import purchase as bought
from wafa.contracts.envelope import Event, encode_batch, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.retrying import Attempt

BROKEN = Problem("invalid", "data.total.currency", "must be an ISO 4217 code")


def purchase(currency: str = "SAR") -> Event:
    return bought(currency=currency, amount="10.00")


def test_a_refused_event_is_listed_with_reason_and_field_and_told(interactions: Interactions) -> None:
    id = interactions.refuse(BROKEN, event=purchase("XXX"))

    [entry] = queries.rejected(interactions.store, "open", None, 10)["rejected"]
    assert (entry["id"], entry["reason"], entry["path"]) == (id, "invalid", "data.total.currency")
    assert (entry["event_id"], entry["event_source"]) == ("p1", "/till/1")
    assert [event["type"] for event in interactions.published] == ["event.rejected.v1"]


def test_the_original_bytes_and_headers_are_kept(interactions: Interactions) -> None:
    id = interactions.refuse(
        Problem("unreadable", "", "not JSON"), body=b'{"caf\xe9": ', headers={"$set": "header"}
    )

    assert bytes(interactions.store.rejected_entry(id)["body"]) == b'{"caf\xe9": '
    shown = queries.rejected_entry(interactions.store, id)
    assert shown["body"] == '{"caf\\xe9": '
    assert ["$set", "header"] in shown["headers"]
    assert json.dumps(shown)


def test_the_same_refusal_delivered_twice_is_one_entry(interactions: Interactions) -> None:
    ids = {interactions.refuse(BROKEN, event=purchase("XXX")) for _ in range(2)}

    assert len(ids) == 1
    assert queries.rejected(interactions.store, "open", None, 10)["open"] == {"invalid": 1}


def test_a_long_quarantine_is_read_page_by_page(interactions: Interactions) -> None:
    ids = {interactions.refuse(BROKEN, event=purchase(currency)) for currency in ("XXX", "XXA", "XXB")}

    first = queries.rejected(interactions.store, "open", None, 2)
    last = queries.rejected(interactions.store, "open", None, 2, first["next"])

    assert len(first["rejected"]) == 2
    assert {entry["id"] for entry in first["rejected"] + last["rejected"]} == ids
    assert last["next"] is None
    with pytest.raises(InvalidArgument, match="before must be"):
        queries.rejected(interactions.store, "open", None, 2, "yesterday")


def test_the_quarantine_is_asked_in_words_and_not_by_operators(interactions: Interactions) -> None:
    id = interactions.refuse(BROKEN, event=purchase("XXX"))
    anything: Any = {"$ne": ""}

    with pytest.raises(InvalidArgument, match="status must be a string, not an object"):
        queries.rejected(interactions.store, anything, None, 10)
    with pytest.raises(InvalidArgument, match="reason must be a string, not an object"):
        queries.rejected(interactions.store, None, anything, 10)
    with pytest.raises(InvalidArgument, match="rejection_id must be a string, not an object"):
        queries.rejected_entry(interactions.store, anything)
    with pytest.raises(InvalidArgument, match="rejection_id must be a string, not an object"):
        rejections.replay(anything, None, interactions.store, interactions.published.extend, NOW)

    assert queries.rejected_entry(interactions.store, id)["status"] == "open"


def test_a_corrected_event_is_published_and_the_entry_closed(interactions: Interactions) -> None:
    id = interactions.refuse(BROKEN, event=purchase("XXX"))
    interactions.published.clear()

    answer = interactions.replay(id, purchase("SAR"))

    assert answer["replayed"] == [{"source": "/till/1", "id": "p1", "type": "purchase.completed.v1"}]
    assert interactions.published == [purchase("SAR")]
    assert queries.rejected(interactions.store, "open", None, 10)["rejected"] == []
    assert len(queries.rejected(interactions.store, "replayed", None, 10)["rejected"]) == 1


def test_what_is_still_invalid_is_not_published(interactions: Interactions) -> None:
    id = interactions.refuse(BROKEN, event=purchase("XXX"))
    interactions.published.clear()

    answer = interactions.replay(id, None)

    assert (answer["error"]["reason"], answer["error"]["path"]) == ("invalid", "data.total.currency")
    assert interactions.published == []
    assert queries.rejected(interactions.store, "open", None, 10)["open"] == {"invalid": 1}


def test_what_failed_for_a_reason_outside_of_it_is_replayed_as_it_was(interactions: Interactions) -> None:
    id = interactions.refuse(Problem("processing_failed", "", "a bug, mended since"), event=purchase())
    interactions.published.clear()

    interactions.replay(id, None)

    assert interactions.published == [purchase()]


def test_a_conflict_cannot_be_replayed_as_it_was(interactions: Interactions) -> None:
    id = interactions.refuse(Problem("conflict", "id", "another was first"), event=purchase())
    interactions.published.clear()

    assert interactions.replay(id, None)["error"]["reason"] == "conflict"
    assert interactions.published == []


def test_replaying_nothing_is_an_error_and_leaves_the_entry_open(interactions: Interactions) -> None:
    id = interactions.refuse(BROKEN, event=purchase("XXX"))

    assert interactions.replay(id, [])["error"]["reason"] == "invalid"
    assert queries.rejected(interactions.store, "open", None, 10)["open"] == {"invalid": 1}


def test_what_was_refused_once_more_during_its_replay_stays_open(interactions: Interactions) -> None:
    """No rate yet: the replayed event comes back before the replay is noted."""
    problem = Problem("processing_failed", "", "")
    id = interactions.refuse(problem, event=purchase())

    def publish(events: list[Event]) -> None:
        interactions.refuse(problem, event=purchase())

    rejections.replay(id, None, interactions.store, publish, NOW)

    assert queries.rejected(interactions.store, "open", None, 10)["open"] == {"processing_failed": 1}


def test_a_refusal_is_told_with_the_same_content_however_often_it_comes(interactions: Interactions) -> None:
    for hour in (8, 9):
        interactions.now = NOW.replace(hour=hour)
        interactions.refuse(Problem("unreadable", "", ""), body=b"{")

    assert interactions.published[0] == interactions.published[1]


def test_nonsense_sent_to_the_quarantine_is_refused_like_any_other(interactions: Interactions) -> None:
    nonsense = make_event(
        "wafa.quarantined.v1", source="/x", id="1", time=NOW, data={"rejection_id": {"$gt": ""}}
    )

    [refusal] = interactions.quarantine(nonsense)

    assert refusal.problem.reason == "invalid"
    assert interactions.published == []


def test_unreadable_bytes_need_a_correction_and_say_so(interactions: Interactions) -> None:
    id = interactions.refuse(Problem("unreadable", "", "not JSON"), body=b"{")

    assert "give a corrected event" in interactions.replay(id, None)["error"]["message"]
    assert interactions.replay("no such id", None)["error"]["reason"] == "not_found"


def test_a_huge_message_is_kept_in_part_with_its_size_and_digest(interactions: Interactions) -> None:
    body = b"x" * (6 * 1024 * 1024)
    id = interactions.refuse(Problem("too_large", "", "at most 1 MiB"), body=body)

    entry = interactions.store.rejected_entry(id)
    assert (entry["size"], len(entry["body"])) == (6 * 1024 * 1024, 5 * 1024 * 1024)
    assert interactions.replay(id)["error"]["reason"] == "too_large"


@pytest.mark.parametrize("content", [5, None, "text", [], {"type": 5}, {"type": "purchase.completed.v1"}])
def test_what_is_nothing_for_the_quarantine_has_no_effect_there(
    interactions: Interactions, content: object
) -> None:
    [refusal] = interactions.quarantine(content)

    assert refusal.problem.reason == "invalid"
    assert queries.totals(interactions.store) == []


def test_the_history_of_the_attempts_is_kept_and_shown(interactions: Interactions) -> None:
    attempts = (Attempt("2026-03-03T08:00:00Z", "KeyError"), Attempt("2026-03-03T08:00:05Z", "KeyError"))
    id = interactions.refuse(Problem("processing_failed", "", ""), event=purchase(), attempts=attempts)

    told = [{"at": one.at, "error": one.error} for one in attempts]
    assert queries.rejected_entry(interactions.store, id)["attempts"] == told
    [listed] = queries.rejected(interactions.store, "open", None, 10)["rejected"]
    assert listed["attempts"] == told


@pytest.mark.parametrize("reason", ["killed_process", "delivery_limit"])
def test_a_whole_message_that_was_given_up_is_replayed_event_by_event(
    interactions: Interactions, reason: str
) -> None:
    batch = [bought("p1"), bought("p2")]
    id = interactions.refuse(Problem(reason, "", ""), body=encode_batch(batch), batch=True)
    interactions.published.clear()

    assert [one["id"] for one in interactions.replay(id)["replayed"]] == ["p1", "p2"]
    assert interactions.published == batch


def test_of_a_message_with_many_events_the_one_that_is_wrong_is_named(interactions: Interactions) -> None:
    batch = encode_batch([bought("p1"), purchase("XXX")])
    id = interactions.refuse(Problem("killed_process", "", ""), body=batch, batch=True)
    interactions.published.clear()

    assert interactions.replay(id)["error"]["path"] == "1.data.total.currency"
    assert interactions.published == []
    assert "replayed" in interactions.replay(id, [bought("p1"), bought("p2")])


def test_what_a_service_of_ours_published_may_be_larger_than_what_comes_from_outside(
    interactions: Interactions,
) -> None:
    event = make_event(
        "interaction.recorded.v1",
        source="/wafa/interactions",
        id="1",
        time=NOW,
        data={
            "interaction_id": "1",
            "customer_id": "mona",
            "type": "purchase.completed.v1",
            "time": "2026-03-03T08:00:00Z",
            "source": "/till/1",
            "data": {"note": "x" * 2_000_000},
        },
    )
    id = interactions.refuse(Problem("killed_process", "", ""), body=encode_batch([event]), batch=True)

    assert "replayed" in interactions.replay(id)


def refusal(**data: Any) -> Event:
    """What a service says of a refusal; any service could say it wrongly."""
    told = {
        "rejection_id": "r-1",
        "reason": "invalid",
        "service": "loyalty",
        "received_at": "2026-03-02T12:00:00Z",
        "headers": {},
        "attempts": [],
        "size": 1,
        "sha256": "",
        "body_base64": "",
        "content_type": "",
        **data,
    }
    return make_event("wafa.quarantined.v1", source="/wafa/loyalty", id="1", time=NOW, data=told)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"headers": {"till": 2**70}},
        {"headers": {"till": {"a\0b": 1}}},
        {"headers": {"till": [[]] * 100}},
        {"headers": {str(one): "" for one in range(50_001)}},
        {"attempts": [{"at": {"a\0b": 1}, "error": ""}]},
        {"size": 2**70},
        {"size": -1},
        {"rejection_id": 2**70},
        {"rejection_id": None},
        {"reason": 2**70},
        {"received_at": "0001-01-01T00:00:00+14:00"},
    ],
    ids=lambda nonsense: next(iter(nonsense)),
)
def test_what_the_database_would_not_have_does_not_hold_up_the_quarantine(
    interactions: Interactions, nonsense: dict
) -> None:
    [refused] = interactions.quarantine(refusal(**nonsense), refusal(rejection_id="sound"))

    assert (refused.problem.reason, refused.problem.path) == ("invalid", "data")
    assert interactions.store.rejected_entry("sound")


def test_how_much_is_in_quarantine_is_told_by_reason_and_falls_with_each_replay(
    interactions: Interactions,
) -> None:
    def told(reason: str) -> float | None:
        rejections.measure(interactions.store)
        return REGISTRY.get_sample_value("wafa_quarantine_entries", {"reason": reason})

    assert told("invalid") == 0
    id = interactions.refuse(BROKEN, event=purchase("XXX"))
    interactions.refuse(Problem("unreadable", "", "not JSON"), body=b"{")
    assert (told("invalid"), told("unreadable"), told("conflict")) == (1, 1, 0)
    rejections.replay(id, purchase(), interactions.store, interactions.publish, NOW)
    assert (told("invalid"), told("unreadable")) == (0, 1)

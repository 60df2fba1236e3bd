"""Recording a batch against a real database: what is stored, published and refused."""

from services.interactions import queries
from tests.integration.interactions.parts import NOON, NOW, Interactions, complaint, purchase
from wafa.contracts.envelope import derive_id, event_key, make_event


def test_an_interaction_is_recorded_and_told_with_everything_but_the_reference(
    interactions: Interactions,
) -> None:
    event = purchase("p1")
    assert interactions.record(event) == []

    [told] = interactions.published
    assert told["type"] == "interaction.recorded.v1"
    assert told["id"] == derive_id(event_key(event), "recorded")
    assert told["data"]["customer_id"] == "mona"
    assert told["data"]["channel"] == "store"
    assert told["data"]["data"] == {"purchase_id": "p1", "total": {"amount": "29.33", "currency": "KWD"}}
    [shown] = queries.timeline(interactions.store, "mona", None, 10)["interactions"]
    assert "customer" not in shown["data"]


def test_the_same_event_again_is_told_again_but_recorded_once(interactions: Interactions) -> None:
    interactions.record(purchase("p1"))
    interactions.record(purchase("p1"), purchase("p1"))

    assert [event["id"] for event in interactions.published] == [interactions.published[0]["id"]] * 2
    assert [total["records"] for total in queries.totals(interactions.store)] == [1]


def test_another_content_under_the_same_identity_is_refused_and_the_first_stands(
    interactions: Interactions,
) -> None:
    interactions.record(purchase("p1"))
    other = purchase("p1", amount="1.000")

    [refusal] = interactions.record(other, purchase("p2"))

    assert (refusal.event, refusal.problem.reason) == (other, "conflict")
    [total] = queries.totals(interactions.store)
    assert (total["records"], total["minor"]) == (2, 2 * 29_330)


def test_an_event_that_contradicts_a_recorded_one_has_no_effect_at_all(interactions: Interactions) -> None:
    """Not even that of making somebody a customer."""
    interactions.record(purchase("p1"))
    interactions.asked.clear()

    interactions.record(purchase("p1", who="stranger"), purchase("p1"))

    assert interactions.asked == []


def test_a_conflict_within_one_batch_is_found_too(interactions: Interactions) -> None:
    [refusal] = interactions.record(purchase("p1"), purchase("p1", amount="1.000"))

    assert refusal.problem.reason == "conflict"


def test_who_cannot_be_resolved_is_refused_and_the_neighbours_are_recorded(
    interactions: Interactions,
) -> None:
    [refusal] = interactions.record(purchase("p1"), purchase("p2", who="nobody"), purchase("p3"))

    assert (refusal.problem.reason, refusal.problem.path) == ("invalid_identifier", "data.customer.email")
    assert len(interactions.published) == 2


def test_names_that_mean_something_to_the_database_are_kept_as_they_are(interactions: Interactions) -> None:
    strange = {"$where": "1", "a.b": {"$gt": ""}, "": 2**70, "deep": [[[[]]]]}
    assert interactions.record(purchase("p1", extra=strange)) == []

    [shown] = queries.timeline(interactions.store, "mona", None, 10)["interactions"]
    assert shown["data"]["extra"] == strange


def test_a_complaint_is_an_open_case_until_it_is_resolved_in_whatever_order_that_arrives(
    interactions: Interactions,
) -> None:
    interactions.record(complaint("resolved", "e2", 15))
    interactions.record(complaint("opened", "e1", 9))
    assert queries.card(interactions.store, "mona", NOW)["open_cases"] == []

    interactions.record(complaint("reopened", "e3", 18), complaint("opened", "e4", 9, about="c-2"))
    assert len(queries.card(interactions.store, "mona", NOW)["open_cases"]) == 2


def test_a_worker_that_read_less_does_not_overwrite_a_case(interactions: Interactions) -> None:
    interactions.record(complaint("opened", "e1", 9))
    [old] = interactions.store.cases.open_of(["mona"])
    interactions.record(complaint("resolved", "e2", 15))

    interactions.store.cases.save([old])

    assert interactions.store.cases.open_of(["mona"]) == []


def test_the_timeline_is_read_page_by_page_without_gaps(interactions: Interactions) -> None:
    interactions.record(*(purchase(f"p{n}") for n in range(7)))

    seen, before = [], None
    while True:
        page = queries.timeline(interactions.store, "mona", before, 3)
        seen += [one["event_id"] for one in page["interactions"]]
        before = page.get("next")
        if before is None:
            break

    assert sorted(seen) == [f"p{n}" for n in range(7)]


def test_the_card_shows_the_last_purchase(interactions: Interactions) -> None:
    interactions.record(purchase("p1"), {**purchase("p2"), "time": "2026-03-02T11:00:00Z"})

    assert queries.card(interactions.store, "mona", NOW)["last_purchase"]["event_id"] == "p1"


def test_outbound_events_that_nobody_listens_to_are_let_pass(interactions: Interactions) -> None:
    event = make_event("outreach.sent.v1", source="/wafa/notifications", id="1", time=NOON, data={})

    assert interactions.record(event) == []
    assert queries.totals(interactions.store) == []

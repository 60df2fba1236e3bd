"""What was told of interactions can be told again, page by page, to the letter."""

import pytest

from services.interactions import history
from tests.integration.interactions.parts import Interactions, complaint, forget, purchase
from wafa.runtime.errors import InvalidArgument


def test_the_history_is_every_event_that_was_published_once(interactions: Interactions) -> None:
    interactions.record(*(purchase(f"p{number}") for number in range(7)), complaint("opened", "e1", 9))
    interactions.record(purchase("p1"))

    told, after = [], None
    while True:
        page = history.history(interactions.store, after, 3)
        assert len(page["events"]) <= 3
        told += page["events"]
        after = page["next"]
        if after is None:
            break

    published = {event["id"]: event for event in interactions.published}
    assert len(told) == len(published) == 8
    assert {event["id"]: event for event in told} == published


def test_a_page_has_an_end_in_size_too(interactions: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_DATA", 300)
    interactions.record(*(purchase(f"p{number}", note="x" * 200) for number in range(5)))

    first = history.history(interactions.store, None, 100)

    assert len(first["events"]) == 1
    assert len(history.history(interactions.store, first["next"], 100)["events"]) == 1


def test_of_who_was_erased_nothing_is_told_again(interactions: Interactions) -> None:
    interactions.record(purchase("p1"), purchase("p2", who="omar"))
    interactions.erased.add("mona")
    interactions.quarantine(forget("mona"))

    events = history.history(interactions.store)["events"]

    assert [event["data"]["customer_id"] for event in events] == ["omar"]


@pytest.mark.parametrize("arguments", [{"after": {"$gt": ""}}, {"limit": "5"}, {"limit": True}])
def test_an_argument_of_another_type_is_an_error(interactions: Interactions, arguments: dict) -> None:
    with pytest.raises(InvalidArgument, match="must be a"):
        history.history(interactions.store, **arguments)

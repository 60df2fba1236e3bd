"""After a merge every id answers for the whole person; after its undoing, for itself again."""

from itertools import permutations
from typing import Any

import pytest

from services.interactions import queries
from tests.integration.interactions.parts import NOW, Interactions, complaint, purchase, repointed
from wafa.runtime.errors import InvalidArgument

A_INTO_B = repointed("merged", "a", "b", 2)
B_INTO_C = repointed("merged", "b", "c", 5)
NOT_A = repointed("unmerged", "a", "b", 3)
NOT_B = repointed("unmerged", "b", "c", 6)


@pytest.fixture
def known(interactions: Interactions) -> Interactions:
    """Three customers and a fourth who has nothing to do with them, each with a purchase and a complaint."""
    for who in ("a", "b", "c", "stranger"):
        interactions.record(
            purchase(f"of {who}", who=who), complaint("opened", f"k {who}", 9, about=f"k {who}", who=who)
        )
    interactions.published.clear()
    return interactions


def seen_by(interactions: Interactions, customer_id: str) -> str:
    timeline = queries.timeline(interactions.store, customer_id, None, 50)["interactions"]
    card = queries.card(interactions.store, customer_id, NOW)
    whose = {one["customer_id"] for one in timeline}
    assert whose == {case["customer_id"] for case in card["open_cases"]}
    assert card["last_purchase"]["customer_id"] in whose
    return " ".join(sorted(whose))


def test_every_id_shows_the_records_of_the_whole_person(known: Interactions) -> None:
    known.record(A_INTO_B, B_INTO_C)

    assert {seen_by(known, one) for one in "abc"} == {"a b c"}
    assert seen_by(known, "stranger") == "stranger"


@pytest.mark.parametrize("order", [*permutations([A_INTO_B, B_INTO_C, NOT_A])])
def test_the_order_in_which_merges_and_their_undoing_arrive_does_not_matter(
    known: Interactions, order: tuple
) -> None:
    for event in (*order, order[0]):
        known.record(event)

    assert [seen_by(known, one) for one in "abc"] == ["a", "b c", "b c"]


def test_a_chain_is_cut_where_it_is_undone(known: Interactions) -> None:
    known.record(NOT_B, A_INTO_B, B_INTO_C)

    assert [seen_by(known, one) for one in "abc"] == ["a b", "a b", "c"]


def test_a_merge_undone_is_as_if_it_had_never_been(known: Interactions) -> None:
    before = [queries.timeline(known.store, one, None, 50) for one in "abc"]
    known.record(A_INTO_B, B_INTO_C, NOT_A, NOT_B)

    assert [queries.timeline(known.store, one, None, 50) for one in "abc"] == before


def test_pages_of_a_merged_person_have_no_gaps(known: Interactions) -> None:
    known.record(A_INTO_B, B_INTO_C)
    seen, before = [], None
    while True:
        page = queries.timeline(known.store, "b", before, 2)
        seen += [one["event_id"] for one in page["interactions"]]
        before = page.get("next")
        if before is None:
            break

    assert sorted(seen) == sorted([*(f"of {one}" for one in "abc"), *(f"k {one}" for one in "abc")])


def test_what_was_brought_to_effect_is_confirmed_once_a_change_and_always_with_the_same_words(
    known: Interactions,
) -> None:
    known.record(A_INTO_B, B_INTO_C, A_INTO_B)
    known.record(A_INTO_B)

    first, second, again = known.told("customer.change_applied.v1")
    assert {first["data"]["change_id"], second["data"]["change_id"]} == {
        one["data"]["change_id"] for one in (A_INTO_B, B_INTO_C)
    }
    assert again in (first, second)
    assert first["data"]["service"] == "interactions"


def test_a_merge_shares_a_batch_with_what_is_recorded(known: Interactions) -> None:
    known.record(purchase("p9", who="a"), A_INTO_B, purchase("p8", who="b"))

    assert len(queries.timeline(known.store, "a", None, 50)["interactions"]) == 6


def test_an_object_in_the_place_of_an_id_never_becomes_an_operator(known: Interactions) -> None:
    anybody: Any = {"$ne": ""}

    with pytest.raises(InvalidArgument, match="customer_id must be a string, not an object"):
        queries.timeline(known.store, anybody, None, 50)
    with pytest.raises(InvalidArgument, match="customer_id must be a string, not an object"):
        queries.card(known.store, anybody, NOW)

"""The same event twice has no effect; another event under the same identity is a conflict."""

from hypothesis import given
from hypothesis import strategies as st

from wafa.contracts.duplicates import Sorted, identify, sort_out


def said(id: str, what: str) -> dict[str, str]:
    return {"source": "/till", "id": id, "data": what}


def arrived(*events: dict[str, str], before: tuple[dict[str, str], ...] = ()) -> Sorted:
    return sort_out(identify(events), {one.key: one.digest for one in identify(before)})


def test_the_first_of_an_identity_stands() -> None:
    found = arrived(said("a", "one"), said("b", "one"), said("a", "two"))

    assert list(found.new.values()) == [said("a", "one"), said("b", "one")]
    assert found.conflicts == [said("a", "two")]


def test_a_repetition_is_neither_taken_again_nor_refused() -> None:
    found = arrived(said("a", "one"), said("a", "one"))

    assert (list(found.new.values()), found.conflicts) == ([said("a", "one")], [])


def test_what_came_before_stands_even_if_its_contradiction_is_first_in_the_batch() -> None:
    found = arrived(said("a", "two"), said("a", "one"), before=(said("a", "one"),))

    assert found.conflicts == [said("a", "two")]
    assert (found.new, len(found.again)) == ({}, 1)


events = st.lists(st.builds(said, st.sampled_from("abc"), st.sampled_from("xy")))


@given(events, events)
def test_every_identity_is_taken_exactly_once(
    before: list[dict[str, str]], batch: list[dict[str, str]]
) -> None:
    standing = {event["id"]: event for event in reversed(before + batch)}
    known = tuple({event["id"]: event for event in reversed(before)}.values())

    found = arrived(*batch, before=known)

    assert found.conflicts == [event for event in batch if event != standing[event["id"]]]
    new = {event["id"] for event in batch} - {event["id"] for event in before}
    assert {event["id"] for event in found.new.values()} == new
    assert all(event == standing[event["id"]] for event in found.new.values())

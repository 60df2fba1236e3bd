"""The same event twice has no effect; another event under the same identity is a conflict."""

from hypothesis import given
from hypothesis import strategies as st

from services.interactions.domain.identity import sort_out


def test_the_first_of_an_identity_stands() -> None:
    found = sort_out([("a", "one"), ("b", "one"), ("a", "two")])

    assert (found.first, found.conflicts) == ([0, 1], [2])


def test_a_repetition_is_neither_recorded_again_nor_refused() -> None:
    found = sort_out([("a", "one"), ("a", "one")])

    assert (found.first, found.conflicts) == ([0], [])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"))))
def test_every_identity_is_recorded_exactly_once(batch: list[tuple[str, str]]) -> None:
    found = sort_out(batch)

    assert [batch[n][0] for n in found.first] == list(dict.fromkeys(key for key, _ in batch))
    assert all(batch[n] != next(one for one in batch if one[0] == batch[n][0]) for n in found.conflicts)

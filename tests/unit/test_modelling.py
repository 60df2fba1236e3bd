"""The search finds what is wrong, by a shortest way, and nothing where nothing is."""

from collections.abc import Iterator

from tests.modelling import explore


def steps(number: int) -> Iterator[tuple[str, int]]:
    for more in (1, 3):
        if number + more <= 10:
            yield f"add {more}", number + more


def test_every_state_is_visited_once() -> None:
    search = explore(0, steps)
    assert (search.states, search.wrong) == (11, None)


def test_the_way_to_what_is_wrong_is_a_shortest_one() -> None:
    search = explore(0, steps, invariant=lambda number: "seven" if number == 7 else None)
    assert search.wrong == "seven"
    assert sorted(search.steps) == ["add 1", "add 3", "add 3"]
    assert "  1. add " in str(search)


def test_the_end_is_looked_at_only_where_nothing_can_move() -> None:
    search = explore(0, steps, final=lambda number: f"ends at {number}")
    assert search.wrong == "ends at 10"

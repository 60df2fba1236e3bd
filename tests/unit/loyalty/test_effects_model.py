"""The protocol of `effects`, `merging` and `sweeping`, searched: every interleaving, with crashes.

Change `protocol.py` with what it models.
"""

import pytest

from tests.modelling import Stage

from .protocol import NONE, WRONG, Doc, Protocol

A1, A2, B1 = ("fact", "a1"), ("fact", "a2"), ("fact", "b1")
MERGE, FREE = ("merge", "A", "B", 1), ("free", "A", "B", 2)
MERGED = {"A": Doc(1, None, NONE, "B", 1), "B": Doc(1, None, aliases=frozenset("A"))}
HALF_MERGED = {**MERGED, "B": Doc(1, None)}

#: What happens, and what there was before.
STORIES: dict[str, tuple[list[Stage], dict[str, Doc]]] = {
    "a fact delivered twice, and another": ([A1, A1, A2], {}),
    "a fact, and time passes": ([A1, ("wake", "A")], {}),
    "a merge while the alias buys": ([A1, A1, MERGE], {}),
    "a merge while both buy": ([A1, B1, MERGE], {}),
    "an un-merge while the alias buys": ([A1, A1, FREE], MERGED),
    "an un-merge of a merge that nobody has finished": ([A1, FREE], HALF_MERGED),
    "an alias is pointed elsewhere": ([A1, ("merge", "A", "C", 3)], MERGED),
    "a chain of merges": ([A1, MERGE, ("merge", "B", "C", 1)], {}),
    "a merge and its undoing": ([A1, MERGE, FREE], {}),
}
#: Where each thing that is done wrongly is found out.
FOUND_OUT = {
    "receipts read before the member": "a fact, and time passes",
    "acknowledged before the write": "a fact delivered twice, and another",
    "duplicate taken for done": "a fact delivered twice, and another",
    "guard removed": "a fact delivered twice, and another",
    "pending not swept": "a fact, and time passes",
    "recomputed before the pointer": "a merge while the alias buys",
    "aliases read before the customer": "a merge while the alias buys",
    "folded onto whom the pointer says": "an un-merge while the alias buys",
    "aliases not settled first": "a merge while the alias buys",
    "freed before its facts are filed": "an un-merge while the alias buys",
    "written only where different": "an un-merge of a merge that nobody has finished",
}


#: The small ones are searched with more: how many workers die, and how often the sweeper comes in between.
MORE = {
    "a fact delivered twice, and another": {"crashes": 2, "sweeps": 1},
    "a fact, and time passes": {"crashes": 2, "sweeps": 1},
}


@pytest.mark.parametrize("name", STORIES)
def test_nothing_is_lost_or_counted_twice_whoever_dies_and_in_whatever_order(name: str) -> None:
    messages, before = STORIES[name]
    search = Protocol(*messages, before=before, **MORE.get(name, {})).search()
    assert search.wrong is None, str(search)


def test_everything_that_could_be_done_wrongly_is_tried() -> None:
    assert FOUND_OUT.keys() == set(WRONG)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_done_wrongly_is_found_out(wrong: str) -> None:
    messages, before = STORIES[FOUND_OUT[wrong]]
    search = Protocol(*messages, before=before, wrong=wrong).search()
    assert search.wrong is not None
    assert search.steps, "the way to it is told"

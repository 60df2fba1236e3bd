"""Exhaustive search of a protocol: every interleaving, every crash, breadth first.

A protocol is a start state and `moves(state)`: every state that is one step away, each with words for the
step. States are immutable and hashable. What is wrong is said in words, by `invariant` of any state and by
`final` of a state that has no moves left; the first wrong state is reported with a shortest way to it.

Processes are told as generators, in the order of the code that they model: each `yield` is one operation on
what is shared, of which nothing can be seen half done.

    def take_in(event):
        member = yield read("mona")
        moved = yield save("mona", member.version + 1)
        return [("publish", event)] if not moved else [("take_in", event)]

They return what to go on with. A process in hand is what it has to do and what it has been answered since it
began the first of that (`Process`), so that two that have forgotten their past alike are the same state.
"""

from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

State = TypeVar("State", bound=Hashable)
Shared = TypeVar("Shared")

#: What a process does to what is shared: the words for it, and shared -> (the answer, shared afterwards).
Operation = tuple[str, Callable[[Any], tuple[Hashable, Any]]]
Stage = tuple[Any, ...]
Steps = Generator[Operation, Any, Sequence[Stage] | None]


@dataclass(frozen=True)
class Search:
    """How many states there are, and of the first wrong one: what is wrong, and the steps that lead there."""

    states: int
    wrong: str | None
    steps: list[str]

    def __str__(self) -> str:
        story = [f"{number:3}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([f"{self.states} states; {self.wrong or 'none is wrong'}", *story])


class Process(NamedTuple):
    """A process in hand: its stages, the first of which it is in, and the answers it has had in that."""

    stages: tuple[Stage, ...]
    answers: tuple[Hashable, ...] = ()


def explore(
    start: State,
    moves: Callable[[State], Iterable[tuple[str, State]]],
    *,
    invariant: Callable[[State], str | None] = lambda state: None,
    final: Callable[[State], str | None] = lambda state: None,
) -> Search:
    """Visit every state that can be reached from `start`, until one is wrong."""
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    todo = deque([start])
    while todo:
        state = todo.popleft()
        wrong, at_rest = invariant(state), True
        if wrong is None:
            for step, following in moves(state):
                at_rest = False
                if following not in came_from:
                    came_from[following] = state, step
                    todo.append(following)
            if at_rest:
                wrong = final(state)
        if wrong is not None:
            return Search(len(came_from), wrong, _way_to(state, came_from))
    return Search(len(came_from), None, [])


def advance(
    programs: Mapping[str, Callable[..., Steps]], process: Process, shared: Shared
) -> tuple[str, Process | None, Shared]:
    """Let a process do its next operation: the words for it, the process then (None: done), and the shared.

    Every program has at least one operation.
    """
    (name, *arguments), *rest = process.stages
    steps = programs[name](*arguments)
    words, operation = next(steps)
    for answer in process.answers:
        words, operation = steps.send(answer)
    answer, shared = operation(shared)
    try:
        steps.send(answer)
    except StopIteration as ended:
        stages = (*(ended.value or ()), *rest)
        return words, Process(stages) if stages else None, shared
    return words, process._replace(answers=(*process.answers, answer)), shared


def _way_to(state: State, came_from: Mapping[State, tuple[State, str] | None]) -> list[str]:
    steps = []
    while origin := came_from[state]:
        state, step = origin
        steps.append(step)
    return steps[::-1]

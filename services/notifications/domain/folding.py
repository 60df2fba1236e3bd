"""Facts told of customers -> their audience entries, and those of everybody whom that concerns.

An entry that points to its home is written before the home: a copy must never be of what is not safe yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.notifications.domain.audience import Brought, Entry, home, learn
from services.notifications.domain.facts import Erased, Fact, Member, Merged, Profile, Word


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold came to: entries to write first, homes to write when all of those are safe.

    `reach` says of everybody who was told something which entries that concerns.
    """

    pointing: dict[str, Entry]
    homes: dict[str, Entry]
    reach: dict[str, frozenset[str]]


def fold(entries: Mapping[str, Entry], told: Mapping[str, Sequence[Fact]]) -> Folded:
    """Apply facts, by customer, to the entries that are there.

    `entries` must hold everyone in `told`, everyone that they were or are merged into, and so on to the end;
    where something is told of a merge, also the aliases of all of these; as far as they exist.
    """
    after = dict(entries)
    for customer_id, facts in told.items():
        after[customer_id] = _learn_all(after.get(customer_id) or Entry(customer_id), facts)
    reach = {one: frozenset(_reach(one, facts, entries, after)) for one, facts in told.items()}
    concerned = set().union(*reach.values())
    bringing = concerned.union(*(entries[one].aliases for one in concerned if one in entries))
    at_home: dict[str, list[str]] = {}
    for one in bringing & after.keys():
        if (at := home(after, one)) != one:
            at_home.setdefault(at, []).append(one)
    for customer_id in concerned:
        entry = after.get(customer_id) or Entry(customer_id)
        brought = {one.by: one for one in entry.brought if one.by not in after}
        brought |= {one: Brought(one, after[one].own) for one in at_home.get(customer_id, ())}
        after[customer_id] = replace(entry, brought=tuple(brought[one] for one in sorted(brought)))
    # Whoever loses an alias is written even where nothing changes: a worker that does not know of that yet
    # and is about to write a copy there must find the version moved.
    moved = {one for customer_id, facts in told.items() for one in _left(customer_id, facts, entries, after)}
    changed = {one: entry for one, entry in after.items() if one in moved or entry != entries.get(one)}
    pointing = {one for one in changed if one in told and after[one].merged != _merged(entries, one)}
    pointing |= {one for one in changed if after[one].alias_of}
    return Folded(
        {one: changed[one] for one in pointing},
        {one: entry for one, entry in changed.items() if one not in pointing},
        reach,
    )


def _reach(
    customer_id: str, facts: Iterable[Fact], before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> Iterator[str]:
    """Yield whom facts about a customer concern: the customer, and where it was, is, or was said to be."""
    yield customer_id
    for one in (customer_id, *(fact.into for fact in facts if isinstance(fact, Merged))):
        yield one
        yield home(before, one)
        yield home(after, one)


def _left(
    customer_id: str, facts: Iterable[Fact], before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> Iterator[str]:
    for fact in facts:
        if isinstance(fact, Merged) and fact.undone:
            yield from {fact.into, home(before, fact.into), home(after, fact.into), home(before, customer_id)}


def _merged(entries: Mapping[str, Entry], customer_id: str) -> Merged | None:
    entry = entries.get(customer_id)
    return entry.merged if entry else None


def _learn_all(entry: Entry, facts: Iterable[Fact]) -> Entry:
    """Return the entry with all of these facts. What stays with the id comes last: the order is free."""
    words: list[Word] = []
    for fact in facts:
        if isinstance(fact, Profile | Member | Merged | Erased):
            entry = learn(entry, fact)
        else:
            words.append(fact)
    return replace(entry, own=entry.own.learn_all(words)) if words and not entry.erased else entry

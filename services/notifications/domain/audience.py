"""What notifications knows of one customer: a read model, folded from what other services publish.

Every part of it is a maximum: snapshots and merges by their version, a complaint's status by the time of
what was last said about it, an erasure by having happened. A maximum does not care in which order its events
arrive or how often, so this fold needs no receipts; applying an event again changes nothing.

What was told of an id stays with that id for ever. An id that turns out to be another name of somebody only
points there, and that home keeps a copy of what the alias was told, apart from its own: so the home's entry
alone shows the whole person, and to undo the merge is to turn the pointer and drop the copy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from services.notifications.domain.facts import (
    Complaint,
    Erased,
    Fact,
    Feedback,
    Interaction,
    Member,
    Merged,
    Profile,
)

_Versioned = TypeVar("_Versioned", Profile, Member, Merged)
_Timed = TypeVar("_Timed", Complaint, Feedback, Interaction)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one id."""

    complaints: tuple[Complaint, ...] = ()
    last_feedback: Feedback | None = None
    last_interaction: Interaction | None = None

    def learn(self, fact: Complaint | Feedback | Interaction) -> "Told":
        """Return it with one more fact."""
        match fact:
            case Interaction():
                return replace(self, last_interaction=_later(self.last_interaction, fact))
            case Feedback():
                return replace(self, last_feedback=_later(self.last_feedback, fact))
            case Complaint():
                return replace(self, complaints=_with_complaint(self.complaints, fact))

    def and_also(self, other: "Told") -> "Told":
        """Return what was told of two ids that are the same person."""
        together = self
        for fact in (*other.complaints, other.last_feedback, other.last_interaction):
            if fact is not None:
                together = together.learn(fact)
        return together


@dataclass(frozen=True, slots=True)
class Brought:
    """A copy of what was told of an alias."""

    by: str
    told: Told


@dataclass(frozen=True, slots=True)
class Entry:
    """The audience entry of one id of a customer; `version` counts its writes and guards them.

    `own` is what was told of this id, `brought` what was told of its aliases. `merged` makes this one an
    alias itself, unless it is undone; then it has brought nothing.
    """

    customer_id: str
    version: int = 0
    profile: Profile | None = None
    member: Member | None = None
    own: Told = Told()
    brought: tuple[Brought, ...] = ()
    merged: Merged | None = None
    erased: bool = False

    @property
    def alias_of(self) -> str | None:
        """Who is to be asked instead."""
        return self.merged.into if self.merged and not self.merged.undone else None

    @property
    def aliases(self) -> tuple[str, ...]:
        """The ids that are other names of this one."""
        return tuple(one.by for one in self.brought)

    @property
    def told(self) -> Told:
        """What was told of the whole person."""
        together = self.own
        for one in self.brought:
            together = together.and_also(one.told)
        return together

    @property
    def open_complaints(self) -> tuple[str, ...]:
        """The ids of the complaints that nobody has resolved."""
        return tuple(one.id for one in self.told.complaints if one.status != "resolved")

    def consent(self, channel: str, purpose: str) -> str | None:
        """Return `granted`, `withdrawn`, or None where the customer never said."""
        told = self.profile.consents if self.profile else ()
        said = [(one.at, one.status) for one in told if (one.channel, one.purpose) == (channel, purpose)]
        return max(said)[1] if said else None


def learn(entry: Entry, fact: Fact) -> Entry:
    """Return the entry with one more fact; an equal one when it says nothing new."""
    match fact:
        case Merged():
            return replace(entry, merged=_newer(entry.merged, fact))
        case _ if entry.erased:
            return entry
        case Erased():
            return replace(entry, profile=None, member=None, own=Told(), erased=True)
        case Member():
            return replace(entry, member=_newer(entry.member, fact))
        case Profile():
            return replace(entry, profile=_newer(entry.profile, fact))
        case Complaint() | Feedback() | Interaction():
            return replace(entry, own=entry.own.learn(fact))


def home(entries: Mapping[str, Entry], customer_id: str) -> str:
    """Return who the customer is by now: the end of the chain of merges that starts here.

    A ring of merges, which customers never publishes, has its smallest id for a home.
    """
    seen = [customer_id]
    while (entry := entries.get(seen[-1])) and entry.alias_of:
        if entry.alias_of in seen:
            return min(seen[seen.index(entry.alias_of) :])
        seen.append(entry.alias_of)
    return seen[-1]


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
        for fact in facts:
            after[customer_id] = learn(after.get(customer_id) or Entry(customer_id), fact)
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


def _newer(known: _Versioned | None, told: _Versioned) -> _Versioned:
    return told if known is None or told.version > known.version else known


def _later(known: _Timed | None, told: _Timed) -> _Timed:
    return told if known is None or (told.time, told.told_by) > (known.time, known.told_by) else known


def _with_complaint(known: tuple[Complaint, ...], told: Complaint) -> tuple[Complaint, ...]:
    by_id = {one.id: one for one in known}
    by_id[told.id] = _later(by_id.get(told.id), told)
    return tuple(by_id[id] for id in sorted(by_id))

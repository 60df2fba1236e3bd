"""What notifications knows of one customer: a read model, folded from what other services publish.

Every part of it is a maximum: snapshots and merges by their version, a complaint's status by the time of
what was last said about it, an erasure by having happened, purchases as the latest of all that were told. A
maximum does not care in which order its events arrive or how often, so this fold needs no receipts; applying
an event again changes nothing.

What was told of an id stays with that id for ever. An id that turns out to be another name of somebody only
points there, and that home keeps a copy of what the alias was told, apart from its own: so the home's entry
alone shows the whole person, and to undo the merge is to turn the pointer and drop the copy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from services.notifications.domain.facts import (
    Bounced,
    Complaint,
    Erased,
    Fact,
    Feedback,
    Heard,
    Interaction,
    Member,
    Merged,
    Profile,
    Purchase,
    Word,
)

#: How many of the latest purchases are kept of an id, and shown of a person.
PURCHASES_KEPT = 100

_Versioned = TypeVar("_Versioned", Profile, Member, Merged)
_Timed = TypeVar("_Timed", Complaint, Feedback, Interaction)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one id.

    `purchases` are the latest ones, newest first. `heard_at` is the earliest moment at which the customer was
    known, `complained_at` and `resolved_at` are the latest at which a complaint was opened or reopened, and
    resolved.
    """

    complaints: tuple[Complaint, ...] = ()
    last_feedback: Feedback | None = None
    last_interaction: Interaction | None = None
    purchases: tuple[Purchase, ...] = ()
    bounced: tuple[Bounced, ...] = ()
    heard_at: datetime | None = None
    complained_at: datetime | None = None
    resolved_at: datetime | None = None

    def learn(self, fact: Word) -> "Told":
        """Return it with one more fact."""
        match fact:
            case Interaction():
                last, heard = _later(self.last_interaction, fact), _first(self.heard_at, fact.time)
                if last is self.last_interaction and heard is self.heard_at:
                    return self
                return replace(self, last_interaction=last, heard_at=heard)
            case Purchase():
                return replace(self, purchases=_latest(self.purchases, (fact,)))
            case Feedback():
                return replace(self, last_feedback=_later(self.last_feedback, fact))
            case Complaint(status="resolved"):
                known = _with_complaint(self.complaints, fact)
                return replace(self, complaints=known, resolved_at=_last(self.resolved_at, fact.time))
            case Complaint():
                known = _with_complaint(self.complaints, fact)
                return replace(self, complaints=known, complained_at=_last(self.complained_at, fact.time))
            case Bounced():
                return replace(self, bounced=_with_bounced(self.bounced, fact))
            case Heard():
                return replace(self, heard_at=_first(self.heard_at, fact.at))

    def learn_all(self, facts: Iterable[Word]) -> "Told":
        """Return it with some more facts: `learn` by the batch, as a customer's purchases mostly come."""
        purchases: list[Purchase] = []
        more = self
        for fact in facts:
            if isinstance(fact, Purchase):
                purchases.append(fact)
            else:
                more = more.learn(fact)
        return replace(more, purchases=_latest(more.purchases, purchases)) if purchases else more

    def and_also(self, other: "Told") -> "Told":
        """Return what was told of two ids that are the same person."""
        together = self
        for fact in (*other.complaints, *other.bounced, other.last_feedback, other.last_interaction):
            if fact is not None:
                together = together.learn(fact)
        return replace(
            together,
            purchases=_latest(self.purchases, other.purchases),
            heard_at=_first(self.heard_at, other.heard_at),
            complained_at=_last(self.complained_at, other.complained_at),
            resolved_at=_last(self.resolved_at, other.resolved_at),
        )


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

    @property
    def bounced(self) -> tuple[Bounced, ...]:
        """The addresses of the whole person that take no message; a new address is not among them."""
        return self.told.bounced

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
        case _:
            return replace(entry, own=entry.own.learn(fact))


def _learn_all(entry: Entry, facts: Iterable[Fact]) -> Entry:
    """Return the entry with all of these facts. What stays with the id comes last: the order is free."""
    words: list[Word] = []
    for fact in facts:
        if isinstance(fact, Profile | Member | Merged | Erased):
            entry = learn(entry, fact)
        else:
            words.append(fact)
    return replace(entry, own=entry.own.learn_all(words)) if words and not entry.erased else entry


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


def _newer(known: _Versioned | None, told: _Versioned) -> _Versioned:
    return told if known is None or told.version > known.version else known


def _later(known: _Timed | None, told: _Timed) -> _Timed:
    return told if known is None or (told.time, told.told_by) > (known.time, known.told_by) else known


def _with_complaint(known: tuple[Complaint, ...], told: Complaint) -> tuple[Complaint, ...]:
    by_id = {one.id: one for one in known}
    by_id[told.id] = _later(by_id.get(told.id), told)
    return tuple(by_id[id] for id in sorted(by_id))


def _with_bounced(known: tuple[Bounced, ...], told: Bounced) -> tuple[Bounced, ...]:
    by_address = {(one.channel, one.address): one for one in known}
    before = by_address.setdefault((told.channel, told.address), told)
    by_address[told.channel, told.address] = max(before, told, key=lambda one: one.at)
    return tuple(by_address[key] for key in sorted(by_address))


def _latest(known: tuple[Purchase, ...], told: Sequence[Purchase]) -> tuple[Purchase, ...]:
    """Return the latest purchases of both, newest first; of one that is told differently the largest.

    Whatever falls out is older than so many others for good, because a purchase's place only ever rises: that
    is why the order of arrival does not matter.
    """
    if not told:
        return known
    latest: dict[str, Purchase] = {}
    for one in sorted((*told, *known), key=lambda one: one.place, reverse=True):
        latest.setdefault(one.id, one)
    return tuple(latest.values())[:PURCHASES_KEPT]


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _last(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other

"""What notifications knows of one customer: a read model, folded from what other services publish.

Every part of it is a maximum: snapshots by their version, a complaint's status by the time of what was last
said about it, an erasure by having happened. A maximum does not care in which order its events arrive or how
often, so this fold needs no receipts; applying an event again changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
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

_Versioned = TypeVar("_Versioned", Profile, Member)
_Timed = TypeVar("_Timed", Complaint, Feedback, Interaction, Merged)


@dataclass(frozen=True, slots=True)
class Entry:
    """The audience entry of one customer; `version` counts its writes and guards them.

    `aliases` are the customers that were merged into this one; `merged` makes this one an alias itself, and
    then it holds nothing else.
    """

    customer_id: str
    version: int = 0
    profile: Profile | None = None
    member: Member | None = None
    complaints: tuple[Complaint, ...] = ()
    last_feedback: Feedback | None = None
    last_interaction: Interaction | None = None
    merged: Merged | None = None
    aliases: tuple[str, ...] = ()
    erased: bool = False

    @property
    def open_complaints(self) -> tuple[str, ...]:
        """The ids of the complaints that nobody has resolved."""
        return tuple(one.id for one in self.complaints if one.status != "resolved")

    def consent(self, channel: str, purpose: str) -> str | None:
        """Return `granted`, `withdrawn`, or None where the customer never said."""
        told = self.profile.consents if self.profile else ()
        said = [(one.at, one.status) for one in told if (one.channel, one.purpose) == (channel, purpose)]
        return max(said)[1] if said else None


def learn(entry: Entry, fact: Fact) -> Entry:
    """Return the entry with one more fact; an equal one when it says nothing new."""
    match fact:
        case Merged():
            return replace(entry, merged=_later(entry.merged, fact))
        case _ if entry.erased:
            return entry
        case Erased():
            return replace(_emptied(entry), aliases=entry.aliases, erased=True)
        case Interaction():
            return replace(entry, last_interaction=_later(entry.last_interaction, fact))
        case Member():
            return replace(entry, member=_newer(entry.member, fact))
        case Profile():
            return replace(entry, profile=_newer(entry.profile, fact))
        case Complaint():
            return replace(entry, complaints=_with_complaint(entry.complaints, fact))
        case Feedback():
            return replace(entry, last_feedback=_later(entry.last_feedback, fact))


def absorb(entry: Entry, alias: Entry) -> Entry:
    """Return the entry with what was told of an alias of it.

    Snapshots are left out: customers and loyalty publish new ones of the customer who stays.
    """
    entry = replace(entry, aliases=tuple(sorted({*entry.aliases, *alias.aliases, alias.customer_id})))
    told = (
        *alias.complaints,
        alias.last_feedback,
        alias.last_interaction,
        Erased() if alias.erased else None,
    )
    for fact in told:
        if fact is not None:
            entry = learn(entry, fact)
    return entry


def home(entries: Mapping[str, Entry], customer_id: str) -> str:
    """Return who the customer is by now: the end of the chain of merges that starts here.

    A ring of merges, which customers never publishes, has its smallest id for a home.
    """
    seen = [customer_id]
    while (entry := entries.get(seen[-1])) and entry.merged:
        if entry.merged.into in seen:
            return min(seen[seen.index(entry.merged.into) :])
        seen.append(entry.merged.into)
    return seen[-1]


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold came to: entries to write, aliases to write after their homes, and everyone's home."""

    entries: dict[str, Entry]
    aliases: dict[str, Entry]
    homes: dict[str, str]


def fold(entries: Mapping[str, Entry], told: Mapping[str, Sequence[Fact]]) -> Folded:
    """Apply facts, by customer, to the entries that are there.

    `entries` must hold everyone in `told`, everyone that they were merged into, and so on to the end, as far
    as they exist. Facts about an alias go to its home.
    """
    after = dict(entries)
    for customer_id, facts in told.items():
        _tell(after, customer_id, (fact for fact in facts if isinstance(fact, Merged)))
    for customer_id, facts in told.items():
        at = home(after, customer_id)
        skipped = (Merged,) if at == customer_id else (Merged, Profile, Member)
        _tell(after, at, (fact for fact in facts if not isinstance(fact, skipped)))
    homes = {customer_id: home(after, customer_id) for customer_id in after}
    aliases = [customer_id for customer_id, at in homes.items() if at != customer_id]
    for customer_id in aliases:
        alias, at = after[customer_id], homes[customer_id]
        after[at] = absorb(after.get(at) or Entry(at), alias)
        after[customer_id] = _emptied(alias)
    changed = {
        customer_id: entry for customer_id, entry in after.items() if entry != entries.get(customer_id)
    }
    return Folded(
        {customer_id: entry for customer_id, entry in changed.items() if customer_id not in aliases},
        {customer_id: changed[customer_id] for customer_id in aliases if customer_id in changed},
        homes,
    )


def _tell(entries: dict[str, Entry], customer_id: str, facts: Iterable[Fact]) -> None:
    entry = entries.get(customer_id)
    for fact in facts:
        entry = learn(entry or Entry(customer_id), fact)
    if entry is not None:
        entries[customer_id] = entry


def _emptied(entry: Entry) -> Entry:
    return Entry(entry.customer_id, entry.version, merged=entry.merged)


def _newer(known: _Versioned | None, told: _Versioned) -> _Versioned:
    return told if known is None or told.version > known.version else known


def _later(known: _Timed | None, told: _Timed) -> _Timed:
    return told if known is None or (told.time, told.told_by) > (known.time, known.told_by) else known


def _with_complaint(known: tuple[Complaint, ...], told: Complaint) -> tuple[Complaint, ...]:
    by_id = {one.id: one for one in known}
    by_id[told.id] = _later(by_id.get(told.id), told)
    return tuple(by_id[id] for id in sorted(by_id))

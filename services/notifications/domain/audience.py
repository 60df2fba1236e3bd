"""What notifications knows of one customer: a read model, folded from what other services publish.

Every part of it is a maximum: snapshots and merges by their version, a complaint's status by the time of
what was last said about it, an erasure by having happened, purchases as the latest of all that were told. A
maximum does not care in which order its events arrive or how often, so this fold needs no receipts; applying
an event again changes nothing.

What was told of an id stays with that id for ever. An id that turns out to be another name of somebody only
points there, and that home keeps a copy of what the alias was told, apart from its own: so the home's entry
alone shows the whole person, and to undo the merge is to turn the pointer and drop the copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from services.notifications.domain.facts import Bounced, Erased, Fact, Member, Merged, Profile
from services.notifications.domain.told import Told

_Versioned = TypeVar("_Versioned", Profile, Member, Merged)


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
    own: Told = field(default_factory=Told)
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


def _newer(known: _Versioned | None, told: _Versioned) -> _Versioned:
    return told if known is None or told.version > known.version else known

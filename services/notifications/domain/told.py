"""What was told of one id of a customer: complaints, feedback, purchases, bounces; each part a maximum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from services.notifications.domain.facts import (
    Bounced,
    Complaint,
    Feedback,
    Heard,
    Interaction,
    Purchase,
    Word,
)

#: How many of the latest purchases are kept of an id, and shown of a person.
PURCHASES_KEPT = 100

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

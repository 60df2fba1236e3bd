"""Which purchases followed which messages.

A purchase and the message that it follows are written by two workers who know nothing of each other, so each
looks for the other's after it has written its own:

    whoever takes in events    writes the purchase, then looks for messages (`mark_conversions`)
    whoever sends              settles the message, then looks for purchases (`conversions_of`)

Whichever of the two writes is the later one, the look that follows it sees both. Where both see it, they
write the same. A worker that dies between writing and looking is no gap: the batch of events comes again, and
the row is not ticked off, so somebody takes it up.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.notifications.domain.audience import Entry, home
from services.notifications.domain.campaign import Campaign
from services.notifications.domain.decision import Reason
from services.notifications.domain.facts import Fact, Merged, Purchase
from services.notifications.domain.outreach import CONTACTED, Conversion, Outreach, State
from services.notifications.store import NotificationsStore


class Versions(Protocol):
    """Where the versions of campaigns are found."""

    def version(self, key: str) -> Campaign | None:
        """Return a version of a campaign, `win-back@3`."""


def mark_conversions(
    told: Mapping[str, Sequence[Fact]], store: NotificationsStore, versions: Versions
) -> list[Outreach]:
    """Write on earlier messages that the customer has bought; return the rows that this is to be told of.

    `told` has been learnt already. Of a customer who turned out to be somebody else all purchases are looked
    at again: they may have followed a message to the other. Told again, it returns the same rows.
    """
    merged = {one for one, facts in told.items() if any(isinstance(fact, Merged) for fact in facts)}
    bought = {one: [fact for fact in facts if isinstance(fact, Purchase)] for one, facts in told.items()}
    concerned = merged | {one for one, purchases in bought.items() if purchases}
    if not concerned:
        return []
    people = _People(store, concerned)
    news = {purchase.id for purchases in bought.values() for purchase in purchases}
    purchases: dict[str, set[Purchase]] = defaultdict(set)
    for one in concerned:
        purchases[people.at(one)].update(bought[one], people.purchases(one) if one in merged else ())
    last = max((each.at for found in purchases.values() for each in found), default=None)
    if last is None:
        return []
    rows = store.contacts(people.ids, last)
    before = {row.id: row.converted for row in rows}
    after = _convert(rows, people, purchases, store, versions)
    again = {id for one in merged for id in people.family(one)}
    return [
        row
        for row in after
        if row.converted != before[row.id]
        or row.customer_id in again
        or (row.converted and row.converted.purchase_id in news)
    ]


def conversions_of(rows: Sequence[Outreach], store: NotificationsStore, versions: Versions) -> list[Outreach]:
    """Write on messages that have just been settled that the customer has bought since; return those rows.

    It happens when a purchase was heard of before the message was settled, and had its time after that: a
    clock that runs ahead, a message that was hard to settle.
    """
    since = [row.settled_at for row in rows if row.settled_at and _measured(row)]
    if not since:
        return []
    # One look, by id, at all of them: hardly anybody has bought within the last second.
    found = store.bought_since({row.customer_id for row in rows}, min(since))
    if not found:
        return []
    people = _People(store, set(found))
    purchases = {people.at(one): set(people.purchases(one)) for one in found}
    return _convert(rows, people, purchases, store, versions)


class _People:
    """Who these ids are by now, and which other ids they have."""

    def __init__(self, store: NotificationsStore, customer_ids: Collection[str]) -> None:
        self._entries, _ = store.readable_entries(customer_ids)
        self.ids = {id for one in customer_ids for id in self.family(one)}

    def at(self, customer_id: str) -> str:
        return home(self._entries, customer_id)

    def family(self, customer_id: str) -> set[str]:
        """Return all ids of the person; none of somebody who was erased, of whom nothing is kept any more."""
        ids = {customer_id, self.at(customer_id), *self._entry(customer_id).aliases}
        return set() if any(one in self._entries and self._entries[one].erased for one in ids) else ids

    def purchases(self, customer_id: str) -> Sequence[Purchase]:
        return self._entry(customer_id).told.purchases

    def _entry(self, customer_id: str) -> Entry:
        at = self.at(customer_id)
        return self._entries.get(at) or Entry(at)


def _convert(
    rows: Sequence[Outreach],
    people: _People,
    purchases: Mapping[str, Collection[Purchase]],
    store: NotificationsStore,
    versions: Versions,
) -> list[Outreach]:
    """Write the first purchase within its window on each row that has one; return those rows as they are."""
    whose = {id: at for at in purchases for id in people.family(at)}
    followed = []
    for row in rows:
        if row.customer_id in whose and (first := _first(row, purchases[whose[row.customer_id]], versions)):
            followed.append(replace(row, converted=first))
    return [row for row in store.convert(followed) if row.converted]


def _first(row: Outreach, purchases: Collection[Purchase], versions: Versions) -> Conversion | None:
    campaign = versions.version(row.campaign_key) if _measured(row) else None
    if campaign is None or row.settled_at is None:
        return None
    ends = row.settled_at + campaign.window
    within = [one for one in purchases if row.settled_at <= one.at < ends]
    first = min(within, key=lambda one: (one.at, one.id), default=None)
    # The contract of a purchase asks for its total; what was stored before that was read has none.
    if first is None or first.minor is None or first.currency is None:
        return None
    return Conversion(first.id, first.at, first.minor, first.currency)


def _measured(row: Outreach) -> bool:
    return row.state in CONTACTED or (row.state is State.DROPPED and row.reason == Reason.HOLDOUT)

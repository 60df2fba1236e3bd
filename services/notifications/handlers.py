"""What notifications does with a batch of events: learn about customers, then act on what happened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.notifications.audience.reading import FACTS
from services.notifications.campaigns.book import Book
from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Erased, Fact, Merged
from services.notifications.domain.folding import fold
from services.notifications.planning.journeys import triggered
from services.notifications.planning.keeping import keep
from services.notifications.publishing import SERVICE, converted
from services.notifications.results.measuring import mark_conversions
from services.notifications.sending.bouncing import returned
from services.notifications.store import NotificationsStore
from services.notifications.store.people import People
from wafa.contracts.envelope import Event
from wafa.contracts.receipts import changes_applied
from wafa.runtime.policy import RetryLater
from wafa.runtime.publisher import Publish


def take_in(
    events: Sequence[Event], store: NotificationsStore, publish: Publish, book: Book, *, now: datetime
) -> list[RetryLater]:
    """Bring about every effect of a batch; return the events that can have theirs only later.

    Applying it again, or in another order, comes to the same.

    Raises:
        KeyError, TypeError, ValueError, msgspec.ValidationError: an event is not what its type promises.
            Nothing was written.
    """
    told: dict[str, list[Fact]] = defaultdict(list)
    told_by: list[tuple[Event, str]] = []
    back = returned(events, store)
    for event, customer_id, facts in [*_told(events), *back.told]:
        told[customer_id] += facts
        told_by.append((event, customer_id))
    planned = triggered(book.running(), events, now)
    if anew := store.audience_anew():
        # First: whoever puts it in the place of the other reads the other first.
        learn(told, anew)
    hindered = learn(told, store)
    keep(store, planned, now)
    store.bounced(back.replies)
    if erased := [one for one in told.keys() - hindered if Erased() in told[one]]:
        store.forget(erased, now)
        store.forget_calls(erased)
    bought = mark_conversions(told, store, book)
    done = [event for event, customer_id in told_by if customer_id not in hindered]
    receipts = changes_applied((event for event in done if event["type"] in CONFIRMED), SERVICE)
    publish([*receipts, *map(converted, bought), *back.withdrawn])
    later = [RetryLater(event, hindered[one]) for event, one in told_by if one in hindered]
    return later + back.too_early


def _told(events: Iterable[Event]) -> Iterable[tuple[Event, str, list[Fact]]]:
    for event in events:
        if read := FACTS.get(event["type"]):
            yield event, *read(event)


def learn(told: Mapping[str, Sequence[Fact]], store: People) -> dict[str, str]:
    """Fold facts, by customer, into the audience; what another worker wrote meanwhile is folded anew.

    Returns of which customers that could not be done, because an entry is damaged, and why.
    """
    hindered: dict[str, str] = {}
    while told:
        merging = any(isinstance(fact, Merged) for facts in told.values() for fact in facts)
        entries, damaged = store.readable_entries(_everyone(told), with_aliases=merging)
        folded = fold(entries, told)
        if damaged and (stuck := _stuck(folded.reach, entries, damaged)):
            hindered |= stuck
            told = {one: facts for one, facts in told.items() if one not in stuck}
            folded = fold(entries, told)
        lost = store.save(folded.pointing.values())
        # A copy is written only when what it is a copy of is safe, and so is the pointer to its place.
        waiting = set().union(*(reach for reach in folded.reach.values() if reach & lost))
        lost |= store.save(entry for one, entry in folded.homes.items() if one not in waiting)
        lost |= waiting & folded.homes.keys()
        told = {one: facts for one, facts in told.items() if folded.reach[one] & lost}
    return hindered


def _everyone(told: Mapping[str, Sequence[Fact]]) -> Iterable[str]:
    yield from told
    yield from (fact.into for facts in told.values() for fact in facts if isinstance(fact, Merged))


def _stuck(
    reach: Mapping[str, frozenset[str]], entries: Mapping[str, Entry], damaged: Mapping[str, str]
) -> dict[str, str]:
    """Return of whom nothing can be told, because one of the entries that it concerns is damaged."""
    stuck = {}
    for customer_id, concerned in reach.items():
        family = concerned.union(*(entries[one].aliases for one in concerned if one in entries))
        # An alias that nobody asked for was not read, and is in nobody's way.
        if unreadable := family & damaged.keys():
            stuck[customer_id] = f"audience entry cannot be read: {damaged[min(unreadable)]}"
    return stuck


#: What the customers service waits for until everybody has brought it to effect.
CONFIRMED = frozenset({"customer.merged.v1", "customer.unmerged.v1", "customer.erased.v1"})

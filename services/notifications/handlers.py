"""What notifications does with a batch of events: learn about customers, then plan what to tell them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.notifications.domain.audience import Entry, fold
from services.notifications.domain.facts import Erased, Fact, Merged
from services.notifications.domain.outreach import RECOGNITION, Outreach, Policy
from services.notifications.publishing import SERVICE
from services.notifications.reading import FACTS
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.receipts import changes_applied
from wafa.runtime.policy import RetryLater
from wafa.runtime.publisher import Publish


def take_in(
    events: Sequence[Event], store: NotificationsStore, publish: Publish, *, now: datetime
) -> list[RetryLater]:
    """Bring about every effect of a batch; return the events whose customer's entry cannot be read.

    Applying it again, or in another order, comes to the same.

    Raises:
        KeyError, TypeError, ValueError, msgspec.ValidationError: an event is not what its type promises.
            Nothing was written.
    """
    told: dict[str, list[Fact]] = defaultdict(list)
    told_by: list[tuple[Event, str]] = []
    planned: dict[str, Outreach] = {}
    for event in events:
        if read := FACTS.get(event["type"]):
            customer_id, facts = read(event)
            told[customer_id] += facts
            told_by.append((event, customer_id))
        if plan := PLANS.get(event["type"]):
            row = plan(event, now)
            planned[row.id] = row
    hindered = learn(told, store)
    store.plan(planned.values())
    if erased := [one for one in told.keys() - hindered if Erased() in told[one]]:
        store.forget(erased, now)
    done = [event for event, customer_id in told_by if customer_id not in hindered]
    publish(changes_applied((event for event in done if event["type"] in CONFIRMED), SERVICE))
    return [RetryLater(event, hindered[one]) for event, one in told_by if one in hindered]


def learn(told: Mapping[str, Sequence[Fact]], store: NotificationsStore) -> dict[str, str]:
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


def recognized(event: Event, now: datetime) -> Outreach:
    """Thank a customer for coming back, once in a life."""
    return planned(RECOGNITION, event, step="thanks", occurrence="once", now=now)


def planned(policy: Policy, event: Event, *, step: str, occurrence: str, now: datetime) -> Outreach:
    """Return the row of a message: one for each campaign, customer, step, occurrence, whatever the cause."""
    customer_id = event["data"]["customer_id"]
    return Outreach(
        id=derive_id(customer_id, f"outreach {policy.campaign} {step} {occurrence}"),
        campaign=policy.campaign,
        customer_id=customer_id,
        step=step,
        occurrence=occurrence,
        channel=policy.channel,
        planned_at=now,
        not_before=now,
        expires_at=now + policy.keep_trying,
        cause=event["id"],
        correlation=event.get("correlationid") or event["id"],
    )


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


#: Event type -> the message that it asks for. What events say of customers is in `reading.FACTS`; types in
#: neither table have no effect here.
PLANS: Mapping[str, Callable[[Event, datetime], Outreach]] = {
    "customer.recognized.v1": recognized,
}
#: What the customers service waits for until everybody has brought it to effect.
CONFIRMED = frozenset({"customer.merged.v1", "customer.unmerged.v1", "customer.erased.v1"})

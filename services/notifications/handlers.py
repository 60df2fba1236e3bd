"""What notifications does with a batch of events: learn about customers, then plan what to tell them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.notifications.domain.audience import fold
from services.notifications.domain.facts import Fact, Merged
from services.notifications.domain.outreach import RECOGNITION, Outreach, Policy
from services.notifications.reading import FACTS
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event, derive_id


def take_in(events: Sequence[Event], store: NotificationsStore, *, now: datetime) -> None:
    """Bring about every effect of a batch. Applying it again, or in another order, comes to the same.

    Raises:
        KeyError, TypeError, ValueError, msgspec.ValidationError: an event is not what its type promises.
            Nothing was written.
    """
    told: dict[str, list[Fact]] = defaultdict(list)
    planned: dict[str, Outreach] = {}
    for event in events:
        if read := FACTS.get(event["type"]):
            customer_id, facts = read(event)
            told[customer_id] += facts
        if plan := PLANS.get(event["type"]):
            row = plan(event, now)
            planned[row.id] = row
    learn(told, store)
    store.plan(planned.values())


def learn(told: Mapping[str, Sequence[Fact]], store: NotificationsStore) -> None:
    """Fold facts, by customer, into the audience; what another worker wrote meanwhile is folded anew."""
    while told:
        entries = store.entries(_everyone(told))
        folded = fold(entries, told)
        lost = store.save(folded.entries.values())
        # An alias is emptied only when what it held is safe in its home: a crash in between loses nothing.
        lost |= {alias for alias in folded.aliases if folded.homes[alias] in lost}
        lost |= store.save(entry for alias, entry in folded.aliases.items() if alias not in lost)
        told = {one: facts for one, facts in told.items() if lost & {one, folded.homes[one]}}


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


#: Event type -> the message that it asks for. What events say of customers is in `reading.FACTS`; types in
#: neither table have no effect here.
PLANS: Mapping[str, Callable[[Event, datetime], Outreach]] = {
    "customer.recognized.v1": recognized,
}

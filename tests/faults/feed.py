"""Twenty thousand things that happen with customers, and what they must come to.

The oracle shares nothing with the services: totals are added up here, and a member's figures come from
`by_the_book`, which follows the rules day by day.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from services.loyalty.domain.facts import Fact, Purchase, Return
from services.loyalty.domain.program import Program
from tests.unit.loyalty.by_the_book import Figures, figures
from wafa.contracts.envelope import Event, derive_id, event_key, make_event

SYSTEM = "soak"
SOURCE = "/soak/shop"
CUSTOMERS, HOT = 1500, 4
# One in so many: never registered, objects to mail, has a complaint that nobody resolves, has one resolved.
STRANGER, OBJECTOR, COMPLAINING, APPEASED = 25, 40, 50, 60
AGAIN = 0.05


@dataclass
class Feed:
    """The events, in the two parts in which they are published, and the figures that follow from them."""

    introductions: list[Event] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    """With duplicates, and shuffled in time."""

    @cached_property
    def unique(self) -> dict[str, Event]:
        """Every event once, by its identity."""
        return {event_key(event): event for event in (*self.introductions, *self.history)}

    @property
    def recorded(self) -> dict[str, Event]:
        """The events that become interactions."""
        return {key: one for key, one in self.unique.items() if one["type"].split(".")[0] not in _PROFILE}

    @property
    def by_type(self) -> Counter[str]:
        """How many interactions there must be of each type."""
        return Counter(event["type"] for event in self.recorded.values())

    @property
    def money(self) -> dict[str, int]:
        """What they come to by type, in cents."""
        sums: dict[str, int] = defaultdict(int)
        for event in self.recorded.values():
            if "total" in event["data"]:
                sums[event["type"]] += _cents(event)
        return dict(sums)

    @cached_property
    def facts(self) -> dict[str, list[Fact]]:
        """What loyalty must have in its ledger, by customer."""
        found: dict[str, list[Fact]] = defaultdict(list)
        for key, event in self.recorded.items():
            if kind := _FACTS.get(event["type"]):
                purchase = f"{SOURCE}|{event['data']['purchase_id']}"
                found[_who(event)].append(kind(key, _time(event), purchase, _cents(event)))
        return found

    @property
    def customers(self) -> set[str]:
        """Everybody who is mentioned."""
        return {_who(event) for event in self.unique.values()}

    def members(self, program: Program, now: datetime) -> dict[str, Figures]:
        """Return every member's figures as of `now`, by customer."""
        return {who: figures(program, facts, now) for who, facts in self.facts.items()}

    @cached_property
    def cases(self) -> Counter[str]:
        """How many complaints are open and how many are resolved."""
        events = [one for one in self.unique.values() if one["type"].startswith("complaint.")]
        state: dict[str, str] = {}
        for event in sorted(events, key=_time):
            resolved = event["type"] == "complaint.resolved.v1"
            state[event["data"]["complaint_id"]] = "resolved" if resolved else "open"
        return Counter(state.values())

    def withheld(self, recognized: set[str]) -> Counter[str]:
        """Return how many of these must not be written to, by reason."""
        return Counter(filter(None, map(_reason, recognized)))

    def mailed(self, recognized: set[str]) -> set[str]:
        """Return the addresses of those who must be written to."""
        return {_email(one) for one in recognized if not _reason(one)}


def make_feed(seed: int, now: datetime, *, customers: int = CUSTOMERS) -> Feed:
    """Make a feed of some 14 events a customer; the same for the same arguments."""
    rng = random.Random(seed)
    feed = Feed()
    everybody = [f"{number:05}" for number in range(customers)]
    begin = now - timedelta(days=500)
    for who in everybody:
        feed.introductions += _introduction(who, begin)
    for place, who in enumerate(everybody):
        feed.history += _life(who, rng, now, hot=place < HOT)
    feed.history += [rng.choice(feed.history) for _ in range(int(len(feed.history) * AGAIN))]
    rng.shuffle(feed.history)
    return feed


def _introduction(who: str, moment: datetime) -> Iterator[Event]:
    number = int(who)
    if number % STRANGER:
        profile = {"name": f"Customer {number}", "email": _email(who), "locale": ("en", "ar")[number % 2]}
        yield _event("customer.registered.v1", f"registered-{who}", who, moment, profile=profile)
    if number % OBJECTOR == 1:
        consent = {"channel": "email", "purpose": "service", "status": "withdrawn"}
        yield _event("consent.changed.v1", f"consent-{who}", who, moment, **consent)
    if number % COMPLAINING == 2 or number % APPEASED == 3:
        complaint = {"complaint_id": f"c-{who}", "category": "delivery", "severity": "high"}
        yield _event("complaint.opened.v1", f"opened-{who}", who, moment, **complaint)
        if number % COMPLAINING != 2:
            later = moment + timedelta(days=1)
            yield _event("complaint.resolved.v1", f"resolved-{who}", who, later, **complaint)


def _life(who: str, rng: random.Random, now: datetime, *, hot: bool) -> Iterator[Event]:
    if hot:
        days, purchases = 2.0, 250
    elif int(who) % 10 == 0:
        days, purchases = 450.0, rng.randint(2, 10)
    else:
        days, purchases = 45.0, rng.randint(1, 18)
    for number in range(purchases):
        moment = now - timedelta(days=rng.uniform(0.1, days))
        id = f"{who}-{number}"
        total = Decimal(rng.randint(100, 9000)) / 100
        yield _event("purchase.completed.v1", f"p-{id}", who, moment, purchase_id=id, total=_money(total))
        # Returns at times before the purchase itself: clocks of shops differ.
        if rng.random() < 0.06:
            back = moment + (now - moment) * rng.uniform(-0.05, 0.9)
            part = _money((total * rng.randint(20, 100) / 100).quantize(Decimal("0.01")))
            yield _event(
                "purchase.returned.v1", f"r-{id}", who, back, return_id=id, purchase_id=id, total=part
            )
    for number in range(rng.randint(1, 4)):
        moment = now - timedelta(days=rng.uniform(0.1, days))
        contact = {"kind": "call", "direction": "inbound", "purpose": "service"}
        yield _event("contact.logged.v1", f"contact-{who}-{number}", who, moment, **contact)
    if rng.random() < 0.3:
        yield _event("feedback.given.v1", f"f-{who}", who, now - timedelta(days=1), kind="nps", score=9)


def _event(type: str, id: str, who: str, moment: datetime, *, profile: Any = None, **data: Any) -> Event:
    customer = {"external_ids": [{"system": SYSTEM, "id": who}], **(profile or {})}
    return make_event(
        type, source=SOURCE, id=id, time=_milliseconds(moment), data={"customer": customer, **data}
    )


def follow_ups(feed: Feed, ids: dict[str, str], recognized: set[str]) -> dict[str, set[str]]:
    """Return the ids of events that must have been on the bus, by type; `ids` are Wafa's of the customers."""
    return {
        "interaction.recorded.v1": {derive_id(key, "recorded") for key in feed.recorded},
        "customer.created.v1": {derive_id(ids[who], "v1") for who in feed.customers},
        "customer.recognized.v1": {derive_id(ids[who], "recognized") for who in recognized},
    }


def _reason(who: str) -> str:
    number = int(who)
    if number % STRANGER == 0:
        return "no_address"
    if number % OBJECTOR == 1:
        return "unsubscribed"
    return "open_complaint" if number % COMPLAINING == 2 else ""


def _email(who: str) -> str:
    return f"soak{who}@example.com"


def _who(event: Event) -> str:
    return str(event["data"]["customer"]["external_ids"][0]["id"])


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def _cents(event: Event) -> int:
    return int(Decimal(event["data"]["total"]["amount"]) * 100)


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": "USD"}


def _milliseconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


_PROFILE = ("customer", "consent")
_FACTS: dict[str, type[Purchase] | type[Return]] = {
    "purchase.completed.v1": Purchase,
    "purchase.returned.v1": Return,
}

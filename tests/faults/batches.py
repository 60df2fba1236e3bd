"""What the services under test are fed: twelve messages for each queue, in three batches of four.

In each batch something is new, something changes what is known, and something is refused; in the last one
something is late and something comes again. All times are days before today, so that nothing falls due.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.bus import message_of
from wafa.contracts.envelope import Event, make_event
from wafa.contracts.errors import Problem
from wafa.contracts.times import format_time
from wafa.runtime.clock import now
from wafa.runtime.consumer import Delivery
from wafa.runtime.publisher import Message
from wafa.runtime.quarantine import Rejected, rejection_messages

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BATCHES = 3
#: The quarantine is read in batches of this size, whatever the settings say.
QUARANTINED_AT_ONCE = 20
WRONG_NUMBER = "12345"


def singly(events: Sequence[Event]) -> list[Message]:
    return [message_of(event) for event in events]


def told(type: str, id: str, days_ago: float, /, **data: Any) -> Event:
    return make_event(type, source="/shop", id=id, time=TODAY - timedelta(days=days_ago), data=data)


def somebody(who: str, /, **more: Any) -> dict[str, Any]:
    return {"external_ids": [{"system": "shop", "id": who}], **more}


def registrations(names: Sequence[str]) -> list[Event]:
    return [told("customer.registered.v1", f"{one} came", 90, customer=somebody(one)) for one in names]


PEOPLE = [f"person-{number}" for number in range(8)]


def statements() -> list[Event]:
    """About customers who are known."""
    said = []
    for batch in range(BATCHES):
        one, other = PEOPLE[2 * batch], PEOPLE[2 * batch + 1]
        number = f"+96650123456{batch}"
        said += [
            told("customer.profile_changed.v1", f"name {batch}", 9, customer=somebody(one, name=f"N{batch}")),
            told("customer.registered.v1", f"phone {batch}", 8, customer=somebody(other, phone=number)),
            told(
                "customer.profile_changed.v1", f"bad {batch}", 7, customer=somebody(one, phone=WRONG_NUMBER)
            ),
            told(
                "consent.changed.v1",
                f"consent {batch}",
                6,
                customer=somebody(PEOPLE[7] if batch else PEOPLE[6]),
                channel="email",
                purpose="marketing",
                status="withdrawn" if batch == 1 else "granted",
            ),
        ]
    said[-2] = said[0]
    return said


def newcomers() -> list[Event]:
    """About people who are met for the first time, one of them twice in a batch."""
    return [
        told(
            "customer.registered.v1",
            f"newcomer {number}",
            5,
            customer=somebody(f"new-{number - (number % 4 == 3)}", email=f"new-{number}@example.com"),
        )
        for number in range(BATCHES * 4)
    ]


def happenings() -> list[Event]:
    """Things that happened with customers who are known: purchases, complaints, and what is refused."""
    happened = []
    for batch in range(BATCHES):
        complaint = ("opened", "resolved", "reopened")[batch]
        happened += [
            purchase(f"bought {batch}", somebody(PEOPLE[batch]), 10 - batch),
            told(
                f"complaint.{complaint}.v1",
                f"complaint {complaint}",
                5 - batch,
                customer=somebody(PEOPLE[5]),
                complaint_id="late parcel",
                category="delivery",
                severity="high",
            ),
            purchase(f"nobody {batch}", {"phone": WRONG_NUMBER}, 4),
            told(
                "contact.logged.v1",
                f"called {batch}",
                3,
                customer=somebody(PEOPLE[6]),
                kind="call",
                direction="inbound",
                purpose="service",
            ),
        ]
    happened[-2] = happened[0]
    happened[-1] = purchase("bought 1", somebody(PEOPLE[4]), 1)
    return happened


def first_purchases() -> list[Event]:
    return [purchase(f"first {number}", somebody(f"new-{number}"), 2) for number in range(BATCHES * 4)]


def purchase(id: str, customer: dict[str, Any], days_ago: float, amount: str = "40.00") -> Event:
    total = {"amount": amount, "currency": "USD"}
    return told("purchase.completed.v1", id, days_ago, customer=customer, purchase_id=id, total=total)


def recorded(
    customer_id: str, type: str, id: str, days_ago: float, /, currency: str = "USD", **data: Any
) -> Event:
    """What the interactions service publishes of such an event."""
    if type.startswith("purchase."):
        data = {"purchase_id": id, "total": {"amount": "40.00", "currency": currency}} | data
    return told(
        "interaction.recorded.v1",
        f"{id} recorded",
        days_ago,
        interaction_id=id,
        customer_id=customer_id,
        type=type,
        time=format_time(TODAY - timedelta(days=days_ago)),
        source="/shop",
        data=data,
    )


def purchases() -> list[Event]:
    """Recorded purchases: one member buys in every batch, late in the last, others once."""
    bought = []
    for batch, days_ago in enumerate((40, 2, 60)):
        one, id = f"member-{batch}", f"once {batch}"
        bought += [
            recorded("regular", "purchase.completed.v1", f"again {batch}", days_ago),
            recorded(one, "purchase.completed.v1", id, 5),
            recorded(
                one, "purchase.returned.v1", f"back {batch}", 4, purchase_id=id, return_id=f"back {batch}"
            ),
            recorded("stranger", "purchase.completed.v1", f"no rate {batch}", 4, currency="CHF"),
        ]
    return bought


def overdue_purchases() -> list[Event]:
    """Purchases of four members whose next one should have come by now: they are due, and at risk."""
    return [
        recorded(f"due-{member}", "purchase.completed.v1", f"due {member} {days_ago}", days_ago)
        for member in range(4)
        for days_ago in (90, 80)
    ]


def news() -> list[Event]:
    """What the notifications service hears of a customer in each batch, and that two of them are one."""
    heard = []
    for batch in range(BATCHES):
        one = f"person-{batch}"
        heard += [
            *_met(one),
            told(
                "customer.recognized.v1",
                f"{one} recognized",
                8,
                customer_id=one,
                recognized_at=format_time(TODAY - timedelta(days=8)),
                purchase_count=2,
            ),
            recorded(
                "regular", "feedback.given.v1", f"score {batch}", 3 - batch, kind="csat", score=batch + 1
            ),
        ]
    return heard


def told_outside() -> list[Event]:
    """What goes to subscribers: of a customer who is erased in the second batch, and merged in the last."""
    changes = (
        recorded(
            "person-0", "complaint.opened.v1", "opened", 1, complaint_id="c", category="x", severity="low"
        ),
        told("customer.erased.v1", "person-1 erased", 1, customer_id="person-1"),
        told("customer.merged.v1", "person-2 merged", 1, **{"from": "person-2", "into": "person-0"}),
    )
    heard = []
    for batch, change in enumerate(changes):
        feedback = {"kind": "csat", "score": batch + 1}
        heard += [
            *_met(f"person-{batch}"),
            change,
            recorded("regular", "feedback.given.v1", f"score {batch}", 3 - batch, **feedback),
        ]
    heard[-1] = heard[0]
    return heard


def _met(one: str) -> list[Event]:
    return [
        told(
            "customer.created.v1",
            f"{one} created",
            9,
            customer_id=one,
            version=1,
            name="Sara",
            locale="en",
            emails=[f"{one}@example.com"],
            phones=[],
            external_ids=[],
            consents=[],
        ),
        told(
            "loyalty.member_updated.v1",
            f"{one} member",
            8,
            customer_id=one,
            version=2,
            as_of=format_time(TODAY),
            tier="silver",
            tier_since=format_time(TODAY),
            qualifying_spend={"amount": "60.00", "currency": "USD"},
            spend={"amount": "60.00", "currency": "USD"},
            points=120,
            purchase_count=2,
            repeat=True,
            first_purchase_at=format_time(TODAY - timedelta(days=9)),
            last_purchase_at=format_time(TODAY - timedelta(days=8)),
        ),
    ]


#: A broadcast, and a journey through every kind of step, which no cap holds up; with the house's own words.
BROADCAST: dict[str, Any] = {
    "campaign": "news",
    "title": {"en": "News", "ar": "جديد"},
    "purpose": "service",
    "audience": {"field": "tier", "op": "eq", "value": "silver"},
    "start": {"broadcast": "now"},
    "steps": [{"message": {"id": "hello", "template": "recognized", "channels": ["email"]}}],
}
JOURNEY: dict[str, Any] = {
    "campaign": "welcome-back",
    "title": {"en": "Welcome back", "ar": "أهلا بعودتك"},
    "purpose": "transactional",
    "start": {"on": "customer.recognized"},
    "steps": [
        {"message": {"id": "hello", "template": "recognized", "channels": ["email"]}},
        {"grant": {"id": "gift", "points": 50, "reason": "A gift"}},
        {
            "branch": {
                "id": "many",
                "if": {"field": "points", "op": "ge", "value": 100},
                "then": [{"message": {"id": "again", "template": "recognized", "channels": ["email"]}}],
            }
        },
    ],
}


def members(names: Sequence[str]) -> list[Event]:
    """What the notifications service hears of customers to whom nothing has happened yet."""
    return [event for one in names for event in _met(one)]


def refusals() -> list[Message]:
    """What services send to quarantine, in as many batches as everything else."""
    return [
        message
        for number in range(BATCHES * QUARANTINED_AT_ONCE)
        for message in rejection_messages(
            "loyalty",
            [
                Rejected(
                    Delivery(b"%d" % number, "", "purchase.completed.v1", 1), Problem("invalid", "", "no")
                )
            ],
            now(),
        )
    ]

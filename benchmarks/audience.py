"""An audience in the database of a room: customers as notifications would have learnt of them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from pymongo.database import Database

from services.notifications.documents import document_of
from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Amount, Consent, Member, Profile
from wafa.runtime.mongo import Document

AT_ONCE = 2_000
NAMES = (("Sara Baker", "en-GB"), ("سارة العتيبي", "ar-SA"), ("ليلى حداد", "ar-EG"), ("James Clark", "en-US"))
TIERS = ("member", "silver", "gold", "platinum")


def fill(database: Database[Document], people: int, now: datetime) -> None:
    """Write the entries of so many customers."""
    numbers = iter(range(people))
    while some := list(islice(numbers, AT_ONCE)):
        database["audience"].insert_many([document_of(one) | {"version": 1} for one in entries(some, now)])


def entries(numbers: Iterable[int], now: datetime) -> Iterator[Entry]:
    """Yield customers: three in four have said yes to marketing mail, one in fifty has no address."""
    for number in numbers:
        name, locale = NAMES[number % len(NAMES)]
        consent = Consent("email", "marketing", "granted", now - timedelta(days=300))
        emails = () if number % 50 == 0 else (f"customer{number}@example.com",)
        last = now - timedelta(days=number % 700, hours=number % 24)
        yield Entry(
            f"{number:08}",
            profile=Profile(
                1, name, locale, "Asia/Riyadh", emails=emails, consents=(consent,) if number % 4 else ()
            ),
            member=Member(
                1,
                TIERS[number % 4],
                number % 5_000,
                purchase_count=1 + number % 12,
                repeat=number % 12 > 0,
                first_purchase_at=last - timedelta(days=100),
                last_purchase_at=last,
                due_at=last + timedelta(days=40),
                spend=Amount(Decimal(number % 900), "USD"),
                qualifying_spend=Amount(Decimal(number % 300), "USD"),
            ),
        )

"""Random customers for previews and simulations, and a book of campaigns to try on them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.commands import Office
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.channels.mail import Sender
from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Bounced, Complaint, Consent, Member, Profile, Purchase
from services.notifications.domain.told import Told
from services.notifications.replies.links import Links
from services.notifications.sending.delivery import Delivery
from services.notifications.store import NotificationsStore
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from tests.integration.notifications.measured import START
from wafa.runtime.settings import DEFAULT_PROGRAM

DAY = timedelta(days=1)
CHANNELS = ("email", "sms", "whatsapp", "phone")
TEXTS = {
    "hello": {
        "en": {"subject": "We miss you", "txt": "Hello {{ name }}\n{{ unsubscribe }}", "short": "Hello"},
        "ar": {"subject": "اشتقنا إليك", "txt": "مرحبا {{ name }}\n{{ unsubscribe }}", "short": "مرحبا"},
    }
}


def customer(chance: Random, name: str) -> Entry:
    """A customer with anything that the decision may look at: many are to be left out, for many reasons."""
    email = chance.choice([f"{name}@example.com", "not an address", f"{name}@münchen.example"])
    emails = tuple(chance.sample([email, f"{name}@example.org"], chance.randrange(3)))
    phones = tuple(chance.sample(["+966501234567", "0501234567"], chance.randrange(3)))
    consents = tuple(
        Consent(channel, purpose, chance.choice(["granted", "granted", "withdrawn"]), START + DAY * place)
        for place, (channel, purpose) in enumerate(
            (channel, purpose) for channel in CHANNELS for purpose in ("marketing", "service")
        )
        if chance.random() < 0.6
    )
    profile = Profile(
        1,
        name=name,
        locale=chance.choice(["ar", "en-GB", "fr", None]),
        timezone=chance.choice(["Asia/Riyadh", "America/New_York", None]),
        emails=emails,
        phones=phones,
        consents=consents,
    )
    bounced = [Bounced(one, address, START) for one in CHANNELS for address in (*emails, "+966501234567")]
    told = Told(
        purchases=tuple(
            Purchase(f"{name} {days}", START - days * DAY, ("beans",), 2933, "USD")
            for days in sorted(chance.sample(range(1, 400), chance.randrange(5)))
        ),
        complaints=(
            (Complaint("case", chance.choice(["opened", "resolved"]), START, "event"),)
            if chance.random() < 0.3
            else ()
        ),
        bounced=tuple(one for one in bounced if chance.random() < 0.2),
    )
    known = chance.random()
    return Entry(
        name,
        profile=profile if known > 0.05 else None,
        member=Member(1, "gold", 120, 2, repeat=True) if known > 0.1 else None,
        own=told,
    )


def delivery() -> Delivery:
    """Everything to write messages with, and no way to send them."""
    sender = Sender("Bayt Coffee", "care@bayt.example")
    links = Links("https://bayt.example", ["a secret of more than thirty-two characters"])
    return Delivery({}, sender, Renderer(titles_of(DEFAULT_PROGRAM)), links)


def book_with(
    store: NotificationsStore, now: datetime, policy: OutreachPolicy | None = None, **changes: Any
) -> Book:
    """A book with the campaign `win-back`, drafted and not launched."""
    book = Book(store, policy or OutreachPolicy())
    content: Mapping[str, Any] = {
        "campaign": "win-back",
        "title": {"en": "We miss you", "ar": "اشتقنا إليك"},
        "purpose": "marketing",
        "audience": {"field": "purchase_count", "op": "ge", "value": 0},
        "start": {"broadcast": "now"},
        "steps": [{"message": {"id": "hello", "template": "hello", "channels": ["email"]}}],
        **changes,
    }
    answer = Office(store, book).draft({name: one for name, one in content.items() if one}, TEXTS, now)
    assert "mistakes" not in answer, answer
    return book

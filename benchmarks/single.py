"""One event at a time: what is computed between the reads and writes of those who work that way.

Stock nameko and aio-pika share it, so that they differ by the framework and by nothing else.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from services.customers.documents import customer_document
from services.customers.domain.customer import Customer
from services.customers.publishing import snapshot_event
from services.customers.reading import statement_of
from services.interactions.recording import make_record
from services.loyalty import publishing
from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.program import Program
from services.loyalty.handlers import FACTS as OF_LOYALTY
from services.loyalty.member import Change, Entry, make_member
from services.notifications.audience.reading import FACTS as OF_NOTIFICATIONS
from services.notifications.campaigns.book import BUILT_IN
from services.notifications.campaigns.file import load, read
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.documents import document_of
from services.notifications.documents import entry_of as audience_entry
from services.notifications.domain.campaign import Campaign
from services.notifications.domain.folding import fold
from services.notifications.planning.journeys import triggered
from wafa.contracts.envelope import Event, content_digest, event_key
from wafa.contracts.times import parse_time
from wafa.contracts.validation import check
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document
from wafa.runtime.settings import Settings


def keys_of(event: Event) -> tuple[str, ...]:
    """Return what the customer of an event is known by."""
    return statement_of(event["data"]["customer"], parse_time(event["time"]), event_key(event)).keys


def newcomer(keys: tuple[str, ...]) -> tuple[Document, Event]:
    """Return the document of somebody whom nobody has met, and the event that tells of them."""
    customer = Customer(str(uuid4()), 1, keys, changed_at=now())
    return customer_document(customer), snapshot_event(customer)


def checked(event: Event) -> Event:
    """Return the event. Raises ValueError if it breaks the contract."""
    if problem := check(event, now()):
        raise ValueError(problem)
    return event


def record_of(event: Event, customer_id: str) -> Document:
    """Return the record that is kept of an event."""
    return make_record(event, event_key(event), content_digest(event), customer_id, now())


def entry_of(event: Event, program: Program) -> Entry:
    """Return what an `interaction.recorded.v1` means for loyalty."""
    data = event["data"]
    return Entry(data["customer_id"], OF_LOYALTY[data["type"]](data, program), event.get("correlationid"))


def after(
    before: Document | None, entry: Entry, program: Program, filed: Sequence[Document] | None = None
) -> tuple[Document, Document, list[Event]]:
    """Return the member after one more fact, its ledger row, and what is to be published.

    `filed` are the rows of the customer's other facts, by which it is folded anew.

    Raises:
        Late: it has to be folded anew.
    """
    change = Change(entry.customer_id, before, ())
    change.add([entry], ())
    if filed is None:
        state = change.fold_on(program)
    else:
        state = change.refold(program, [decode_fact(row["fact"]) for row in filed])
    member = make_member(change, state, program, now())
    (pending,) = member["pending"]
    member["pending"] = []
    del member["pending_since"]
    return member, pending["row"], [publishing.member_updated(member), *pending["follow_ups"]]


def others_of(entry: Entry) -> dict[str, Any]:
    """Return where a customer's other facts are found in the ledger: the own may have been filed already."""
    return {"customer_id": entry.customer_id, "_id": {"$ne": entry.fact.key}}


def whom(event: Event) -> str | None:
    """Return which customer's audience entry an event changes."""
    reads = OF_NOTIFICATIONS.get(event["type"])
    return reads(event)[0] if reads else None


def learnt(before: Document | None, event: Event) -> Document | None:
    """Return the audience entry after an event, as its next version; None where it says nothing new."""
    customer_id, facts = OF_NOTIFICATIONS[event["type"]](event)
    entries = {customer_id: audience_entry(before)} if before else {}
    entry = fold(entries, {customer_id: facts}).homes.get(customer_id)
    return {**document_of(entry), "version": entry.version + 1} if entry else None


def campaigns(settings: Settings) -> list[Campaign]:
    """Return the campaigns that are built in."""
    policy = OutreachPolicy.from_settings(settings)
    return [load(read(file.read_text("utf-8")).content, 0, policy) for file in sorted(BUILT_IN.glob("*.yml"))]


def planned(event: Event, those: Sequence[Campaign]) -> list[Document]:
    """Return the rows of the messages that an event gives cause for."""
    return [document_of(row) for row in triggered(those, [event], now())]


def as_read(document: Document) -> dict[str, Any]:
    """Return which document is to be replaced: the one that was read, unless somebody wrote meanwhile."""
    return {"_id": document["_id"], "version": document["version"] - 1}

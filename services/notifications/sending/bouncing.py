"""Messages that came back: which address is to be left alone, and which message it was.

A refusal for good (`hard`) closes the address on that channel for messages of any purpose. Who calls a
message spam (`complaint`) can be reached, and wants no promotion: that is a consent to marketing
withdrawn, and service goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.notifications.channels.words import kept_words
from services.notifications.domain.audience import Entry, home
from services.notifications.domain.facts import Bounced, Fact
from services.notifications.domain.outreach import CONTACTED, LIVE, Outreach
from services.notifications.domain.reach import USABLE
from services.notifications.replies.unsubscribing import withdrawal
from services.notifications.sending.marking import mark
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.contracts.times import parse_time
from wafa.runtime.policy import RetryLater

TYPE = "outreach.bounced.v1"
HARD, COMPLAINT = "hard", "complaint"
#: A mailbox that is full today takes mail tomorrow.
FOR_GOOD = (HARD, COMPLAINT)


@dataclass(slots=True)
class Returned:
    """What came back: what it says of customers, what is noted with messages, and what is told too early.

    `withdrawn` is to be published: what customers want no more.
    """

    told: list[tuple[Event, str, list[Fact]]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    withdrawn: list[Event] = field(default_factory=list)
    too_early: list[RetryLater] = field(default_factory=list)


def returned(events: Iterable[Event], store: NotificationsStore) -> Returned:
    """Return what the bounces among these events say: two round trips, none without a bounce.

    The address itself is not in the event: it is that of the customer's addresses whose mark the message
    carries, whichever is preferred by now. One that the customer has given up since is of no interest.
    """
    back = Returned()
    bounces = [one for one in events if one["type"] == TYPE and one["data"]["kind"] in FOR_GOOD]
    rows = store.rows({one["data"]["outreach_id"] for one in bounces}) if bounces else {}
    entries, _ = store.readable_entries({row.customer_id for row in rows.values()}) if rows else ({}, {})
    for event in bounces:
        row = rows.get(event["data"]["outreach_id"])
        if row is None:
            continue
        if row.state in LIVE:
            # The far end was faster than we were in writing down that it has the message.
            back.too_early.append(RetryLater(event, "the message is still being handed over"))
        elif row.state in CONTACTED:
            data, entry = event["data"], entries.get(home(entries, row.customer_id))
            address = _address(row, entry)
            # An address that is not known, or not any more, cannot be taken out of what was said about it.
            said = kept_words(data["detail"], address) if address and "detail" in data else data["kind"]
            back.replies[row.id] = said
            at = parse_time(event["time"])
            if data["kind"] == COMPLAINT:
                back.withdrawn += [withdrawal(row, "marketing", at, "reported")] if _is_there(entry) else []
            elif address:
                told: Fact = Bounced(row.channel, address, at)
                back.told.append((event, row.customer_id, [told]))
    return back


def _is_there(entry: Entry | None) -> bool:
    return bool(entry and not entry.erased)


def _address(row: Outreach, entry: Entry | None) -> str | None:
    usable = USABLE.get(row.channel)
    known = usable(entry.profile) if usable and entry and entry.profile else ()
    return next((one for one in known if mark(one) == row.sent_to), None)

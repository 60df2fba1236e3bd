"""When a run is over, and whether it came out exactly right: asked of the databases, whatever the variant."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.ground import Room
from benchmarks.workload import Expected
from wafa.contracts.envelope import Event, event_key
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document
from wafa.stack import SERVICES

POLL = 0.05
# On a machine that others use, a batch in hand may take minutes; it is in no queue meanwhile.
PATIENCE = 300.0
# Deliveries are worked on in order, so a queue is done when its last ones are: twice the largest batch.
LAST = 1000
CALM = timedelta(seconds=45)
# 1 for an audience entry with the customer's profile, else 0.
KNOWN = {"$cond": [{"$gte": ["$profile.version", 1]}, 1, 0]}


class WrongOutcome(RuntimeError):
    """A run has lost or doubled something, or came to a standstill: its figures mean nothing."""


class Finish:
    """The databases of a room, seen from outside. Waiting costs no more when they are large."""

    def __init__(self, room: Room) -> None:
        # Without a time limit of its own: sums over a million documents take a stand-in for MongoDB a while.
        client: MongoClient[Document] = MongoClient(room.mongodb_uri, tz_aware=True)
        self._data = {service: client[room.prefix + service] for service in SERVICES}

    def await_ledger(self, events: Sequence[Event], moved: Callable[[], object]) -> None:
        """Wait until the last of the events are filed; `moved` returns what changes while work goes on."""
        keys = [event_key(event) for event in events[-LAST:]]
        ledger = self._data["loyalty"]["ledger"]
        last, all_of_them = {"_id": keys[-1]}, {"_id": {"$in": keys}}

        def filed() -> bool:
            if not ledger.find_one(last, {"_id": 1}):
                return False
            return len(_few(ledger, all_of_them, "_id")) == len(keys)

        wait_for("the ledger", filed, moved)

    def await_rest(self, events: Sequence[Event], moved: Callable[[], object]) -> None:
        """Wait until notifications know the members of the last of the events as they are by now."""
        keys = [event_key(event) for event in events[-LAST:]]
        records = _few(self._data["interactions"]["interactions"], {"_id": {"$in": keys}}, "customer_id")
        whom = {"_id": {"$in": list({record["customer_id"] for record in records})}}

        def known() -> bool:
            members = _few(self._data["loyalty"]["members"], whom, "version")
            entries = _few(self._data["notifications"]["audience"], whom, "member.version")
            seen = {entry["_id"]: entry.get("member", {}).get("version") for entry in entries}
            return all(seen.get(member["_id"]) == member["version"] for member in members)

        wait_for("notifications", known, moved, poll=2 * POLL)

    def await_calm(self, moved: Callable[[], object]) -> None:
        """Wait until no member is about to be seen anew by itself.

        Loyalty waits a minute before it says that a purchase is overdue, and a replayed history leaves many
        customers who are. What that costs belongs to no purchase that is sent afterwards.
        """

        def calm() -> bool:
            soon = {"wakes_at": {"$lt": now() + CALM}}
            return not self._data["loyalty"]["members"].find_one(soon, {"_id": 1})

        wait_for("calm", calm, moved, poll=1)

    def check(self, expected: Expected) -> None:
        """Compare what the databases hold with what must have come of the purchases, to the cent.

        Raises:
            WrongOutcome: something was lost or doubled; every figure that is off is named.
        """
        events, customers, cents = expected.events, len(expected.customers), expected.cents
        right = {
            "customers": [customers],
            "interactions": [events, cents],
            "rejected": [0],
            "ledger": [events, cents],
            "members": [customers, cents, events],
            "audience": [customers, events, customers],
            "outreach": [expected.repeat],
        }
        found = {
            "customers": self._add_up("customers", "customers"),
            "interactions": self._add_up("interactions", "interactions", "$money.minor"),
            "rejected": self._add_up("interactions", "rejected"),
            "ledger": self._add_up("loyalty", "ledger", "$fact.amount"),
            "members": self._add_up("loyalty", "members", "$spend", "$state.purchase_count"),
            "audience": self._add_up("notifications", "audience", "$member.purchase_count", KNOWN),
            "outreach": self._add_up("notifications", "outreach"),
        }
        if found != right:
            wrong = [name for name in right if found[name] != right[name]]
            raise WrongOutcome("; ".join(f"{name}: {found[name]}, not {right[name]}" for name in wrong))

    def _add_up(self, service: str, collection: str, *summands: Any) -> list[int]:
        """Return the number of documents, and the sum of each summand over them."""
        sums = {str(place): {"$sum": summand} for place, summand in enumerate((1, *summands))}
        groups = list(self._data[service][collection].aggregate([{"$group": {"_id": None, **sums}}]))
        return [int(groups[0][place]) if groups else 0 for place in sums]


def _few(collection: Collection[Document], wanted: Document, field: str) -> list[Document]:
    return list(collection.find(wanted, {field: 1}, batch_size=LAST + 1))


def wait_for(
    what: str, condition: Callable[[], bool], moved: Callable[[], object], *, poll: float = POLL
) -> None:
    """Wait until the condition holds.

    Raises:
        WrongOutcome: nothing has moved for five minutes.
    """
    seen, since = moved(), time.monotonic()
    while not condition():
        time.sleep(poll)
        if (present := moved()) != seen:
            seen, since = present, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            raise WrongOutcome(f"{what}: nothing has moved for {PATIENCE:.0f} seconds")

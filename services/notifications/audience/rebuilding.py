"""The audience made anew from what the other services can tell again.

A second audience is folded beside the live one and put in its place entry by entry. As long as it is being
made, every event is learnt by both, the second one first: it lacks nothing when the history is through,
and what the live one has learnt meanwhile is not lost. Nothing is planned or published by it.

The live audience is whole at every moment, as right or wrong as it was: a rebuild that dies has done nothing.
While one lives (each call renews its lease) nobody is contacted, because whoever rebuilds says that what is
known is wrong. `wafa rebuild audience` is who calls this.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.notifications.audience.reading import FACTS
from services.notifications.domain.facts import Bounced, Fact, Heard, Member, Merged, Profile
from services.notifications.handlers import learn
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.contracts.validators import kind_of
from wafa.runtime.arguments import check_texts
from wafa.runtime.clock import now
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.mongo import Document
from wafa.runtime.paging import checked_limit

#: For so long after its last call a rebuild silences outreach; and after so long it is taken for dead.
LEASE = timedelta(minutes=2)
DEAD = timedelta(minutes=15)
MOST = 1000
#: How often an entry is compared and exchanged that others change meanwhile.
ROUNDS = 10
#: What says nothing about a customer.
_KEEPING = {"_id", "version", "written_by"}


class Rebuilding:
    """The rebuild of the audience. Leases go by the real clock, also where business is in the past."""

    def __init__(self, store: NotificationsStore, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._clock = clock

    def begin(self, silent: bool) -> dict[str, Any]:
        """Begin; with `silent` nobody is contacted until the end.

        Returns `{"rebuild": its id, "entries": their number}`, or `{"error": {...}}` while another runs.
        """
        if not isinstance(silent, bool):
            raise InvalidArgument("silent", f"must be true or false, not {kind_of(silent)}")
        rebuild = uuid.uuid4().hex
        if self._store.begin_rebuild(rebuild, self._clock() + LEASE, silent=silent):
            return {"rebuild": rebuild, "entries": self._store.count_audience()}
        message = f"the audience is being rebuilt; where that has died, try again in {LEASE}"
        return {"error": {"reason": "rebuilding", "path": "", "message": message}}

    def relearn(self, rebuild: str, events: Sequence[Event]) -> int:
        """Learn what events say of customers; return how many said something."""
        self._hold(rebuild)
        told: dict[str, list[Fact]] = defaultdict(list)
        said = 0
        for event in events:
            if read := FACTS.get(event["type"]):
                customer_id, facts = read(event)
                told[customer_id] += facts
                said += 1
        learn(told, self._store.anew(rebuild))
        return said

    def keep(self, rebuild: str, after: str | None, limit: int) -> dict[str, Any]:
        """Learn a page of what only the live audience knows: `{"kept": entries, "next"}`."""
        self._hold(rebuild)
        limit = checked_limit(after, limit, MOST)
        page = self._store.live_page(after, limit)
        told = {one["_id"]: facts for one in page if (facts := known_here_only(one))}
        learn(told, self._store.anew(rebuild))
        return {"kept": len(page), "next": page[-1]["_id"] if len(page) == limit else None}

    def compare(self, rebuild: str, after: str | None, limit: int) -> dict[str, Any]:
        """Compare a page of both: `{"checked": entries, "different": [customer ids], "next"}`.

        Some may only have been in the middle of something: `settle` looks at them again.
        """
        self._hold(rebuild)
        limit = checked_limit(after, limit, MOST)
        ids = self._store.ids_of_both(rebuild, after, limit)
        different = [one for one, pair in self._store.pairs(rebuild, ids).items() if _fields(*pair)]
        return {"checked": len(ids), "different": different, "next": ids[-1] if len(ids) == limit else None}

    def settle(self, rebuild: str, customer_ids: Sequence[str], repair: bool) -> dict[str, Any]:
        """Look again at these customers; with `repair`, put new entries in the place of those that differ.

        Returns `{"different": [{"customer_id", "fields": [names]}]}`; the field `entry` where one of the two
        audiences does not have the customer. What the fields say is not told: it is personal.
        """
        _check_ids(customer_ids)
        different: dict[str, list[str]] = {}
        left = list(customer_ids)
        for _ in range(ROUNDS):
            pairs = self._store.pairs(rebuild, left)
            pairs = {one: pair for one, pair in pairs.items() if _fields(*pair)}
            # After they were read: another rebuild has another second audience.
            self._hold(rebuild)
            different |= {one: _fields(*pair) for one, pair in pairs.items() if one not in different}
            left = list(pairs)
            if not left or not repair:
                break
            self._store.exchange(pairs)
        return {"different": [{"customer_id": one, "fields": different[one]} for one in sorted(different)]}

    def end(self, rebuild: str) -> None:
        """End it, wherever it stands; safe to repeat."""
        check_texts(rebuild=rebuild)
        self._store.end_rebuild(rebuild)

    def tidy(self) -> None:
        """Drop what a dead rebuild has left: it holds what is known of customers."""
        self._store.drop_abandoned(self._clock() - DEAD)

    def _hold(self, rebuild: str) -> None:
        check_texts(rebuild=rebuild)
        if not self._store.hold_rebuild(rebuild, self._clock() + LEASE):
            why = "is over: nobody has gone on with it for too long; begin again"
            raise InvalidArgument("rebuild", why)


def known_here_only(document: Document) -> list[Fact]:
    """Return what an entry of the live audience knows that no other service will say again.

    Addresses that took no message, and since when the customer is known. Of an alias also its figures and
    profile from before the merge, which nobody looks at; of who was erased, whose other name they were. An
    entry that is damaged elsewhere still tells these.
    """
    own = document.get("own", {}) if "brought" in document else document
    wanted: list[tuple[Any, Any]] = [(one, Bounced) for one in _list(own.get("bounced"))]
    if "heard_at" in own:
        wanted.append(({"at": own["heard_at"]}, Heard))
    merged = document.get("merged")
    if document.get("erased"):
        wanted.append((merged, Merged))
    elif isinstance(merged, dict) and not merged.get("undone"):
        wanted += [(document.get("profile"), Profile), (document.get("member"), Member)]
    facts: list[Fact] = []
    for value, kind in wanted:
        with suppress(msgspec.ValidationError):
            facts.append(msgspec.convert(value, kind))
    return facts


def _fields(live: Mapping[str, Any] | None, anew: Mapping[str, Any] | None) -> list[str]:
    """Return in what two entries of a customer differ."""
    if live is None or anew is None:
        return [] if live is anew else ["entry"]
    names = {*live, *anew} - _KEEPING
    return sorted(name for name in names if live.get(name) != anew.get(name))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_ids(values: object) -> None:
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise InvalidArgument("customer_ids", "must be an array of strings")
    if len(values) > MOST:
        raise InvalidArgument("customer_ids", f"must have at most {MOST} elements, not {len(values)}")

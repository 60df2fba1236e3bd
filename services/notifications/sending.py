"""The sender: claims rows that are due, decides, hands over, settles, announces.

A row is settled, in the database, as soon as the slice of a few mails that it belongs to has been handed
over, and only then is anything published, from what the row says. So a worker that dies loses no
announcement, and at most the mails of one slice go out again when its claim lapses, with the same Message-ID.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from services.notifications.delivery import Delivery, Job, recipient_of
from services.notifications.documents import Damaged
from services.notifications.domain import outreach
from services.notifications.domain.decision import Send, decide
from services.notifications.domain.outreach import FAULT, LIVE, POLICIES, Outreach, Policy, State
from services.notifications.people import People
from services.notifications.publishing import announcement
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event

log = structlog.get_logger(__name__)

FINAL = Counter("wafa_outreach_total", "Messages sent, dropped and failed", ["campaign", "state", "reason"])
ANNOUNCED_AT_ONCE = 500


class Outbox:
    """Sends what is due. Any number of them, in any number of processes, share the work row by row."""

    def __init__(
        self,
        store: NotificationsStore,
        publish: Callable[[Sequence[Event]], None],
        delivery: Delivery,
        clock: Callable[[], datetime],
        *,
        policies: Mapping[str, Policy] = POLICIES,
        connections: int = 8,
        batch: int = 200,
        lease: timedelta = timedelta(minutes=5),
    ) -> None:
        """Use up to `connections` to the mail server; a claim of `batch` rows lapses after `lease`."""
        self._store = store
        self._publish = publish
        self._delivery = delivery
        self._clock = clock
        self._policies = policies
        self._connections = connections
        self._batch = batch
        self._lease = lease

    def send_due(self, seconds: float = 2) -> int:
        """Work until nothing is due, the mail server is away, or `seconds` are over; return the rows handled.

        Raises:
            one of `wafa.runtime.transient.TRANSIENT`: database or broker are away. Nothing is forgotten.
        """
        ends = time.monotonic() + seconds
        self._announce(self._store.unannounced(self._clock(), ANNOUNCED_AT_ONCE))
        handled = 0
        while time.monotonic() < ends:
            now = self._clock()
            rows = self._store.claim(now, now + self._lease, self._batch)
            done, away = self._work_off(rows, ends)
            handled += done
            if away or not rows:
                break
        return handled

    def _work_off(self, rows: Sequence[Outreach], ends: float) -> tuple[int, bool]:
        """Handle claimed rows until `ends`; return how many, and whether the mail server is away."""
        if not rows:
            return 0, False
        done: list[str] = []
        away = False
        claim = rows[0].claim or ""
        # Whatever a slice takes, it must be over before the claim lapses and somebody else sends the same.
        latest = self._clock() + self._lease / 2
        people = People(self._store, rows)
        with ThreadPoolExecutor(self._connections) as threads:
            for part in _slices(rows, 2 * self._connections):
                if away or self._clock() >= latest or time.monotonic() >= ends:
                    self._store.release(claim, self._clock())
                    break
                handled, away = self._handle(part, people, threads)
                self._store.settle(claim, handled)
                done += [row.id for row in handled]
        self._announce(self._store.settled(done))
        return len(done), away

    def _handle(
        self, rows: Sequence[Outreach], people: People, threads: Executor
    ) -> tuple[list[Outreach], bool]:
        """Decide on a slice, hand over what may go; return the rows as they are now, and `away` as above."""
        now = self._clock()
        looked_at = [self._look_at(row, people, now) for row in rows]
        delivered = list(
            threads.map(self._delivery.deliver, (one for one in looked_at if isinstance(one, Job)))
        )
        now = self._clock()
        handled = [one for one in looked_at if isinstance(one, Outreach)]
        handled += [self._delivery.settled(done, now) for done in delivered]
        for row in handled:
            if row.state not in LIVE:
                FINAL.labels(row.campaign, row.state, row.reason or "").inc()
        return handled, any(done.server_away for done in delivered)

    def _look_at(self, row: Outreach, people: People, now: datetime) -> Job | Outreach:
        """Return the job of a row that may go out now, or the row as it is left; no row stops the others."""
        if row.state is State.FAILED:
            return outreach.failed(row, row.reply or "", now)
        try:
            return self._decide(row, people, now)
        except Exception as error:
            fault = str(error) if isinstance(error, Damaged) else f"not decided: {type(error).__name__}"
            log.error("nothing can be decided", outreach_id=row.id, customer_id=row.customer_id, error=fault)
            return outreach.failed(row, fault, now)

    def _decide(self, row: Outreach, people: People, now: datetime) -> Job | Outreach:
        policy = self._policies.get(row.campaign)
        if policy is None:
            # A newer release may know it: both run while one takes the other's place.
            away = f"campaign {row.campaign} is not known here"
            return (outreach.failed if now >= row.expires_at else outreach.put_off)(row, away, now)
        entry = people.entry(row.customer_id)
        recipient = recipient_of(entry)
        case = outreach.case_of(
            row, policy, entry, has_address=recipient is not None, twin=people.twin(row), now=now
        )
        decision = decide(case)
        row = outreach.decided(row, case, decision)
        if isinstance(decision, Send) and entry and recipient:
            return Job(row, policy, entry, recipient, now)
        return row

    def _announce(self, rows: Sequence[Outreach]) -> None:
        if rows:
            # The contract has no word for a fault of ours: it is in the log, the row and the metric.
            self._publish([announcement(row) for row in rows if row.reason != FAULT])
            self._store.announced([row.id for row in rows])


def _slices(rows: Sequence[Outreach], size: int) -> Iterator[Sequence[Outreach]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

"""The sender: claims rows that are due, decides, hands over, settles, announces.

A claim is short and is renewed while the mails of a slice are being handed over: what a dead worker held goes
out soon, and what a slow one holds stays with it.

A row is settled, in the database, as soon as the slice of a few mails that it belongs to has been handed
over, and only then is anything published, from what the row says. So a worker that dies loses no
announcement, and at most the mails of one slice go out again when its claim lapses, with the same Message-ID.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from services.notifications.delivery import Delivered, Delivery, Job, recipient_of
from services.notifications.documents import Damaged
from services.notifications.domain import outreach
from services.notifications.domain.decision import Send, decide
from services.notifications.domain.outreach import FAULT, LIVE, POLICIES, Outreach, Policy, State
from services.notifications.people import People
from services.notifications.publishing import SERVICE, announcement
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.runtime.metrics import PENDING_AGE
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

FINAL = Counter("wafa_outreach_total", "Messages sent, dropped and failed", ["campaign", "state", "reason"])
ANNOUNCED_AT_ONCE = 500
#: What a sender held that died is due again after so long.
LEASE = timedelta(seconds=20)
RENEWALS = 4
#: How long a sender holds on to what it has handed over and cannot write down; seconds between two tries.
PATIENCE = timedelta(minutes=2)
PAUSE = 0.5


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
        slice_size: int | None = None,
        lease: timedelta = LEASE,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Use up to `connections` to the mail server; a claim of `batch` rows lapses after `lease`.

        `slice_size` mails (default: two for each connection) are handed over before they are settled; that is
        tried for as long as `patience`.
        """
        self._store = store
        self._publish = publish
        self._delivery = delivery
        self._clock = clock
        self._policies = policies
        self._connections = connections
        self._batch = batch
        self._slice_size = slice_size or 2 * connections
        self._lease = lease
        self._patience = patience

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
        people = People(self._store, rows)
        with ThreadPoolExecutor(self._connections) as threads:
            for part in _slices(rows, self._slice_size):
                if away or time.monotonic() >= ends:
                    self._store.release(claim, self._clock())
                    break
                # Somebody else's by now: the claim lapsed before we came to it, or its customer was erased.
                held = self._renew(claim, part)
                part = [row for row in part if row.id in held]
                handled, away = self._handle(part, claim, people, threads)
                self._settle(claim, handled)
                done += [row.id for row in handled]
        self._announce(self._store.settled(done))
        return len(done), away

    def _settle(self, claim: str, rows: Sequence[Outreach]) -> None:
        """Write down what became of a slice, when the database is there: forgotten, it would go out again."""
        gives_up = time.monotonic() + self._patience.total_seconds()
        while True:
            try:
                return self._store.settle(claim, rows)
            except TRANSIENT as error:
                if time.monotonic() >= gives_up:
                    raise
                log.warning("not settled yet, something is away", error=str(error))
                time.sleep(PAUSE)

    def _handle(
        self, rows: Sequence[Outreach], claim: str, people: People, threads: Executor
    ) -> tuple[list[Outreach], bool]:
        """Decide on a slice, hand over what may go; return the rows as they are now, and `away` as above."""
        now = self._clock()
        looked_at = [self._look_at(row, people, now) for row in rows]
        delivered = self._deliver([one for one in looked_at if isinstance(one, Job)], claim, threads)
        now = self._clock()
        handled = [one for one in looked_at if isinstance(one, Outreach)]
        handled += [self._delivery.settled(done, now) for done in delivered]
        for row in handled:
            if row.state not in LIVE:
                FINAL.labels(row.campaign, row.state, row.reason or "").inc()
        return handled, any(done.server_away for done in delivered)

    def _deliver(self, jobs: Sequence[Job], claim: str, threads: Executor) -> list[Delivered]:
        """Hand over mails, however long that takes: meanwhile their rows stay ours."""
        running = [threads.submit(self._delivery.deliver, job) for job in jobs]
        pending = set(running)
        while pending := wait(pending, self._lease.total_seconds() / RENEWALS).not_done:
            try:
                self._renew(claim, [job.row for job in jobs])
            except TRANSIENT as error:
                # Nobody can claim anything either while the database is away.
                log.warning("claim not renewed, something is away", error=str(error))
        return [one.result() for one in running]

    def _renew(self, claim: str, rows: Sequence[Outreach]) -> set[str]:
        return self._store.renew(claim, [row.id for row in rows], self._clock() + self._lease)

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


def measure_pending(store: NotificationsStore, now: datetime) -> float:
    """Set and return the age in seconds of the oldest effect that is still to be brought about."""
    oldest = store.oldest_pending(now)
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    PENDING_AGE.labels(SERVICE).set(age)
    return age


def _slices(rows: Sequence[Outreach], size: int) -> Iterator[Sequence[Outreach]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

"""The sender: claims rows that are due, decides, hands over, settles, announces.

A claim is short and is renewed while messages are being handed over: what a dead worker held goes out soon,
and what a slow one holds stays with it.

Each connection settles what it has handed over, in the database, before it takes the next message. So of a
worker that dies at most the messages that were in flight are in doubt, one for each connection: they go out
again when the claim lapses, with the same id (`again`), or never (`never`), as the policy has it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Histogram

from services.notifications.campaigns.book import Book
from services.notifications.channels.outcomes import Accepted, Message, PutOff, Refused
from services.notifications.domain import outreach
from services.notifications.domain.cap import longest
from services.notifications.domain.outreach import LIVE, Outreach, State
from services.notifications.publishing import SERVICE
from services.notifications.sending.announcing import Announcer
from services.notifications.sending.claiming import Claim
from services.notifications.sending.deciding import Desk, Job
from services.notifications.sending.delivery import Delivery, not_written, settled
from services.notifications.sending.people import People
from services.notifications.sending.settling import PATIENCE
from services.notifications.store import NotificationsStore
from services.notifications.texts.text import Broken
from wafa.contracts.envelope import Event
from wafa.runtime.metrics import PENDING_AGE
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

FINAL = Counter("wafa_outreach_total", "Messages sent, dropped and failed", ["state", "reason"])
DECISIONS = Counter("wafa_decisions_total", "Decisions on messages that were due", ["outcome", "reason"])
SENDS = Counter("wafa_sends_total", "Messages handed over, by what the far end said", ["channel", "outcome"])
SEND_SECONDS = Histogram(
    "wafa_send_seconds", "From handing over a message to the far end's answer", ["channel"]
)
#: What a sender held that died is due again after so long.
LEASE = timedelta(seconds=20)
#: How long a channel that is away is left alone.
REST = timedelta(seconds=1)
OUTCOMES = {Accepted: "accepted", Refused: "refused", PutOff: "put_off", Broken: "broken"}
IN_DOUBT = "the far end may have it, and the policy is never to send twice"
INTERRUPTED = "its sender died while handing it over, and the policy is never to send twice"


@dataclass(frozen=True, slots=True)
class Means:
    """What a sender works with.

    `connections` messages are handed over at once; decisions are taken by the `slice_size`, so that they are
    fresh. A claim of `batch` rows lapses after `lease`; what has been handed over is settled for as long as
    `patience` while the database is away.
    """

    store: NotificationsStore
    publish: Callable[[Sequence[Event]], None]
    delivery: Delivery
    book: Book
    clock: Callable[[], datetime]
    connections: int = 8
    batch: int = 200
    slice_size: int = 50
    lease: timedelta = LEASE
    patience: timedelta = PATIENCE


class Outbox:
    """Sends what is due. Any number of them, in any number of processes, share the work row by row."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._announcer = Announcer(means.store, means.publish, means.book)

    def send_due(self, seconds: float = 2) -> int:
        """Work until nothing is due, a channel is away, or `seconds` are over; return the rows handled.

        A slice at the least, however slow everything is: otherwise nothing would ever go out.

        Raises:
            one of `wafa.runtime.transient.TRANSIENT`: database or broker are away. Nothing is forgotten.
        """
        means, ends = self._means, time.monotonic() + seconds
        self._announcer.announce_left(means.clock())
        handled = 0
        while not means.store.rebuilding():
            now = means.clock()
            rows = means.store.claim(now, now + means.lease, means.batch, means.book.paused())
            if not rows:
                break
            hand = Hand(means, rows)
            with ThreadPoolExecutor(means.connections) as threads:
                done = hand.work_off(threads, ends)
            self._announcer.announce(means.store.settled(done), means.clock())
            handled += len(done)
            if hand.away or time.monotonic() >= ends:
                break
        return handled


class Hand:
    """The rows of one claim, in the hand of one sender."""

    def __init__(self, means: Means, rows: Sequence[Outreach]) -> None:
        self._store, self._delivery, self._book = means.store, means.delivery, means.book
        self._clock, self._slice_size = means.clock, means.slice_size
        self._rows = rows
        self._claim = Claim(means.store, rows, means.clock, lease=means.lease, patience=means.patience)
        self._people = People(means.store, rows, means.clock() - longest(means.book.policy.caps))
        #: Channels whose far end is in trouble.
        self.away: set[str] = set()

    def work_off(self, threads: Executor, ends: float) -> list[str]:
        """Handle rows until `ends`, give back the rest; return the ids of those that were handled."""
        done: list[str] = []
        for part in _slices(self._rows, self._slice_size):
            if done and time.monotonic() >= ends:
                break
            self._people.lost(self._claim.look())
            paused = self._book.paused()
            held = [row for row in part if self._claim.holds(row) and row.campaign not in paused]
            self._handle(held, threads)
            done += [row.id for row in held]
        self._claim.release()
        return done

    def _handle(self, rows: Sequence[Outreach], threads: Executor) -> None:
        now = self._clock()
        desk = Desk(self._book, self._people, now, self._delivery.channels)
        looked_at = [_interrupted(row, now) if row.begun else desk.look_at(row) for row in rows]
        _count_decisions(looked_at, now)
        self._settle([one for one in looked_at if isinstance(one, Outreach)])
        jobs = self._granted([one for one in looked_at if isinstance(one, Job)], now)
        written = self._written(jobs, threads)
        self._settle([not_written(job, text, now) for job, text in written if isinstance(text, Broken)])
        running = [
            threads.submit(self._hand_over, job, message)
            for job, message in written
            if isinstance(message, Message)
        ]
        self._wait_for(running)

    def _written(self, jobs: Sequence[Job], threads: Executor) -> list[tuple[Job, Message | Broken]]:
        """Return the texts of what is still ours when they are written: a slow one may take very long."""
        writing = threads.submit(self._delivery.write, jobs, self._book)
        self._wait_for([writing])
        if not self._claim.is_fresh():
            self._renew()
        return [one for one in zip(jobs, writing.result(), strict=True) if self._claim.holds(one[0].row)]

    def _hand_over(self, job: Job, message: Message) -> None:
        """Hand over one message and settle its row, before this connection takes the next."""
        if not self._claim.holds(job.row):
            return None
        if job.row.channel in self.away:
            return self._settle([outreach.deferred(job.row, self._clock() + REST)])
        if not self._book.may_go(job.row.campaign) or self._people.changed(job.row):
            return self._settle([outreach.deferred(job.row, self._clock())])
        never = self._book.policy.channel(job.row.channel).in_flight == "never"
        if never:
            self._claim.begin(job.row)
        with SEND_SECONDS.labels(job.row.channel).time():
            outcome = self._delivery.hand_over(job, message)
        SENDS.labels(job.row.channel, OUTCOMES[type(outcome)]).inc()
        if isinstance(outcome, PutOff) and outcome.away:
            self.away.add(job.row.channel)
        if isinstance(outcome, PutOff) and outcome.in_doubt and never:
            outcome = Broken(f"{IN_DOUBT}: {outcome.reply}", ours=False)
        self._settle([settled(job, message, outcome, self._clock())])

    def _granted(self, jobs: Sequence[Job], now: datetime) -> list[Job]:
        """Return the jobs that the rates of their channels let pass now; the others are put off."""
        passing: list[Job] = []
        for channel in sorted({job.row.channel for job in jobs}):
            wanting = [job for job in jobs if job.row.channel == channel]
            rate = self._book.policy.channel(channel).rate
            granted, again = (
                self._store.grant(channel, rate, len(wanting), now) if rate else (len(wanting), now)
            )
            passing += wanting[:granted]
            self._settle([outreach.deferred(job.row, again) for job in wanting[granted:]])
        return passing

    def _wait_for(self, running: Sequence[Future[Any]]) -> None:
        """Wait, however long that takes: meanwhile the rows stay ours."""
        pending = set(running)
        while pending := wait(pending, self._claim.rest.total_seconds()).not_done:
            try:
                self._renew()
            except TRANSIENT as error:
                # Nobody can claim anything either while the database is away.
                log.warning("claim not renewed, something is away", error=str(error))
        for one in running:
            one.result()

    def _settle(self, rows: Sequence[Outreach]) -> None:
        if not rows:
            return
        self._claim.settle(rows)
        if given_back := [row for row in rows if row.capped and row.state in (State.DROPPED, State.FAILED)]:
            self._move_up(given_back)
        for row in rows:
            if row.state not in LIVE:
                FINAL.labels(row.state, row.reason or "").inc()

    def _move_up(self, rows: Sequence[Outreach]) -> None:
        """Let messages that had to wait for these, which never came, be looked at again."""
        if self._book.policy.caps:
            ids = set[str]().union(*(self._people.ids(row) for row in rows))
            self._store.look_again(ids, self._clock())

    def _renew(self) -> None:
        self._people.lost(self._claim.renew())


def _count_decisions(looked_at: Sequence[Job | Outreach], now: datetime) -> None:
    for one in looked_at:
        decision = (one.row if isinstance(one, Job) else one).decision
        # A row may carry one from before, which it was not looked at for now.
        if decision and decision["at"] == now:
            DECISIONS.labels(decision["outcome"], decision["reason"] or "").inc()


def _interrupted(row: Outreach, now: datetime) -> Outreach:
    return outreach.failed(row, INTERRUPTED, now)


def measure_pending(store: NotificationsStore, now: datetime) -> float:
    """Set and return the age in seconds of the oldest effect that is still to be brought about."""
    oldest = store.oldest_pending(now)
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    PENDING_AGE.labels(SERVICE).set(age)
    return age


def _slices(rows: Sequence[Outreach], size: int) -> Iterator[Sequence[Outreach]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

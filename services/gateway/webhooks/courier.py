"""Delivers: takes on what is due, makes an attempt, writes down what came of it.

Any number of processes share the work delivery by delivery. Each holds what it has taken on for a lease, and
again from the moment that it makes the attempt; of a process that dies, what it held is due when the lease
lapses. So nothing is lost, and at most what was on its way goes out twice, with the same `webhook-id`.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge

from services.gateway.domain.delivery import Attempt, Fate, State, failed_long, fate
from services.gateway.domain.subscription import MOST, Flow, Subscription, Why
from services.gateway.store import GatewayStore
from services.gateway.webhooks.lane import Lane
from services.gateway.webhooks.posting import LONGEST, Postman
from wafa.runtime.logs import withheld
from wafa.runtime.mongo import Document
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

ATTEMPTS = Counter("wafa_webhook_attempts_total", "Attempts to deliver an event to a subscriber", ["outcome"])
OLDEST = Gauge(
    "wafa_webhook_oldest_seconds",
    "Age of the oldest event that an active subscription is still to get; 0 when there is none",
)

#: How long what was taken on is ours; longer than an attempt can take.
LEASE = timedelta(seconds=LONGEST + 5)
#: Attempts that are made at once for a subscription, and deliveries that are taken on at once.
AT_ONCE, BATCH = 8, 32
#: Enough for all receivers to be slow; threads come into being when they are needed.
MOST_THREADS = MOST * AT_ONCE
#: Seconds between two looks whether anything is due, and between two measurements.
PAUSE, MEASURE_EVERY = 1.0, 5.0


class Courier:
    """Delivers to all subscriptions for as long as `work` runs. `clock` returns an aware moment."""

    def __init__(
        self,
        store: GatewayStore,
        postman: Postman,
        clock: Callable[[], datetime],
        *,
        lease: timedelta = LEASE,
        pause: float = PAUSE,
    ) -> None:
        self._store, self._postman, self._clock = store, postman, clock
        self._lease, self._pause = lease, pause
        self._lanes: defaultdict[str, Lane] = defaultdict(lambda: Lane(AT_ONCE))
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._measured_at = float("-inf")

    def work(self, stopping: threading.Event) -> None:
        """Deliver until `stopping` is set; return when nothing is on its way any more.

        Raises:
            one of `TRANSIENT`: the database is away. Nothing is forgotten.
        """
        self._stopping = stopping
        with ThreadPoolExecutor(MOST_THREADS) as threads:
            try:
                while not stopping.is_set():
                    self._go_round(threads)
                    self._wake.wait(self._pause)
                    self._wake.clear()
            finally:
                self._give_back(all=True)

    def _go_round(self, threads: Executor) -> None:
        active = {one.id: one for one in self._store.webhooks() if one.state is Flow.ACTIVE}
        for id in {*self._lanes, *active}:
            self._lanes[id].webhook = active.get(id)
        self._give_back()
        for id in active:
            self._fill(id, self._lanes[id], threads)
        for id in [id for id, lane in self._lanes.items() if id not in active and lane.idle]:
            del self._lanes[id]
        self._measure(active)

    def _fill(self, id: str, lane: Lane, threads: Executor) -> None:
        now = self._clock()
        if not (room := lane.room(BATCH, now)):
            return
        claimed = self._store.claim(id, now, now + self._lease, room)
        for _ in range(lane.put(claimed.ids, claimed.token)):
            threads.submit(self._run, lane)

    def _give_back(self, *, all: bool = False) -> None:
        now = self._clock()
        for lane in self._lanes.values():
            tokens = defaultdict(list)
            for id, token in lane.give_back(now, all=all):
                tokens[token].append(id)
            for token, ids in tokens.items():
                self._store.release(ids, token, now)

    def _run(self, lane: Lane) -> None:
        while taken := lane.take(self._clock(), stopping=self._stopping.is_set()):
            id, token, webhook = taken
            try:
                self._deliver(lane, webhook, id, token)
            except Exception as error:
                # It is due again when the lease lapses.
                if is_transient(error):
                    log.warning("put off, something is away", task="deliver", error=str(error))
                else:
                    log.error("delivery failed", webhook=webhook.id, exc_info=withheld(error))
        self._wake.set()

    def _deliver(self, lane: Lane, webhook: Subscription, id: str, token: str) -> None:
        row = self._store.hold(id, token, self._clock() + self._lease)
        if row is None:
            # Forgotten, or somebody else's by now.
            return
        attempt = self._postman.post(webhook, row["event"], row["body"].encode(), self._clock())
        now = self._clock()
        made = row["attempts"] + 1
        outcome = fate(made, row["at"], attempt, now)
        lane.learn(attempt, now)
        self._store.settle(id, token, _settled(outcome, made, attempt, now))
        ATTEMPTS.labels("delivered" if attempt.succeeded else _outcome(outcome)).inc()
        self._judge(webhook, attempt, now)

    def _judge(self, webhook: Subscription, attempt: Attempt, now: datetime) -> None:
        """Take down what an attempt says of the whole subscription."""
        if attempt.succeeded:
            if webhook.failing_since:
                self._store.webhook_works(webhook.id)
        elif attempt.gone:
            self._pause_for(webhook, Why.GONE, now)
        elif failed_long(webhook.failing_since, now):
            self._pause_for(webhook, Why.FAILING, now)
        elif webhook.failing_since is None:
            self._store.webhook_fails(webhook.id, now)

    def _pause_for(self, webhook: Subscription, why: Why, now: datetime) -> None:
        if self._store.pause_webhook(webhook.id, why, now):
            log.warning("subscription paused", webhook=webhook.id, why=why.value)

    def _measure(self, active: dict[str, Subscription]) -> None:
        if time.monotonic() < self._measured_at + MEASURE_EVERY:
            return
        self._measured_at = time.monotonic()
        found = [at for id in active if (at := self._store.oldest_waiting(id))]
        OLDEST.set((self._clock() - min(found)).total_seconds() if found else 0)


def _settled(outcome: Fate, made: int, attempt: Attempt, now: datetime) -> Document:
    last = {"at": now, "status": attempt.status, "trouble": attempt.trouble}
    return {
        "state": outcome.state.value,
        "due": outcome.due,
        "attempts": made,
        "last": {name: value for name, value in last.items() if value is not None},
        "delivered_at": now if attempt.succeeded else None,
    }


def _outcome(outcome: Fate) -> str:
    return "given_up" if outcome.state is State.FAILED else "put_off"

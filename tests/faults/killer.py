"""A seeded random killer: ends services, broker and database, and breaks the wires between them."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.faults.wired import BROKER, DATABASE, Wired
from wafa.contracts.envelope import Event
from wafa.runtime.errors import Transient
from wafa.runtime.publisher import Publisher
from wafa.stack import SERVICES, StackError

CHUNK = 100

Tell = Callable[[str], None]


class Killer:
    """At work for as long as the `with` block lasts; leaves everything alive and every wire whole.

    Two threads: one ends services, the other one does the same to broker, database and wires, so that faults
    come together. What they draw follows from the seed; what it hits does not.
    """

    def __init__(self, wired: Wired, seed: int, *, tell: Tell = lambda what: None) -> None:
        self.done: Counter[str] = Counter()
        self._wired = wired
        self._tell = tell
        self._enough = threading.Event()
        self._broken: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(job, random.Random(f"{seed} {job.__name__}")))
            for job in (self._services, self._infrastructure)
        ]

    @property
    def rounds(self) -> int:
        """How often everything has been tried on broker, database and wires."""
        return self.done["round"]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()
        if self._broken:
            raise self._broken[0]

    def check(self) -> None:
        """Raise what has ended the killer itself."""
        if self._broken:
            raise self._broken[0]

    def _guarded(self, job: Callable[[random.Random], None], rng: random.Random) -> None:
        try:
            job(rng)
        except BaseException as error:
            self._broken.append(error)

    def _services(self, rng: random.Random) -> None:
        while not self._enough.wait(rng.uniform(0.5, 3)):
            victims = rng.sample(SERVICES, rng.choice((1, 1, 1, 2)))
            for victim in victims:
                if rng.random() < 0.8:
                    self._note(f"kill {victim}")
                    self._wired.kill(victim)
                else:
                    self._note(f"stop {victim}")
                    self._wired.end(victim)
            for victim in victims:
                self._revive(victim)

    def _infrastructure(self, rng: random.Random) -> None:
        while not self._enough.is_set():
            deeds: list[Callable[[random.Random], None]] = [
                *[self._cut_amqp, self._cut_mongodb] * 4,
                self._cut_smtp,
                self._stall_amqp,
                self._stall_mongodb,
                *[self._kill_database, self._restart_database] * 2,
                self._kill_broker,
                self._restart_broker,
            ]
            rng.shuffle(deeds)
            for deed in deeds:
                if self._enough.wait(rng.uniform(0.5, 2.5)):
                    return
                deed(rng)
            self._note("round")

    def _cut_amqp(self, rng: random.Random) -> None:
        self._note("cut amqp", self._wired.amqp.cut(rng.uniform(0.2, 1), rng))

    def _cut_mongodb(self, rng: random.Random) -> None:
        self._note("cut mongodb", self._wired.mongodb.cut(rng.uniform(0.2, 1), rng))

    def _cut_smtp(self, rng: random.Random) -> None:
        self._note("cut smtp", self._wired.smtp.cut(1, rng))

    def _stall_amqp(self, rng: random.Random) -> None:
        self._note("stall amqp")
        self._wired.amqp.stall()
        self._enough.wait(rng.uniform(1, 4))
        self._wired.amqp.resume()

    def _stall_mongodb(self, rng: random.Random) -> None:
        self._note("stall mongodb")
        self._wired.mongodb.stall()
        self._enough.wait(rng.uniform(1, 4))
        self._wired.mongodb.resume()

    def _kill_database(self, rng: random.Random) -> None:
        self._note("kill mongodb")
        self._wired.kill(DATABASE)
        self._revive(DATABASE)

    def _restart_database(self, rng: random.Random) -> None:
        self._note("stop mongodb")
        self._wired.end(DATABASE)
        self._enough.wait(rng.uniform(0, 3))
        self._revive(DATABASE)

    def _kill_broker(self, rng: random.Random) -> None:
        self._note("kill rabbitmq")
        self._wired.kill(BROKER)
        self._revive(BROKER)

    def _restart_broker(self, rng: random.Random) -> None:
        self._note("stop rabbitmq")
        self._wired.end(BROKER)
        self._enough.wait(rng.uniform(0, 3))
        self._revive(BROKER)

    def _revive(self, name: str) -> None:
        while True:
            try:
                self._wired.revive(name)
                return
            except StackError as error:
                # A service that started while something was broken may give up; its supervisor does not.
                self._note(f"start {name} again")
                self._tell(str(error))

    def _note(self, what: str, times: int = 1) -> None:
        self.done[what] += times
        self._tell(what)


class Shop(threading.Thread):
    """Publishes events as an outside system does: evenly over so many seconds, each chunk until confirmed."""

    def __init__(self, uri: str, events: Sequence[Event], seconds: float) -> None:
        super().__init__(daemon=True)
        self.confirmed = 0
        self.refused = 0
        self._publisher = Publisher(uri, name="soak shop", confirm_timeout=5)
        self._events = events
        self._pause = seconds * CHUNK / len(events)

    @property
    def share(self) -> float:
        """How much of it is confirmed, from 0 to 1."""
        return self.confirmed / len(self._events)

    def run(self) -> None:
        started = time.monotonic()
        for start in range(0, len(self._events), CHUNK):
            chunk = self._events[start : start + CHUNK]
            while not self._published(chunk):
                self.refused += 1
                time.sleep(0.2)
            self.confirmed += len(chunk)
            due = started + self._pause * (start // CHUNK + 1)
            time.sleep(max(0, due - time.monotonic()))
        self._publisher.close()

    def _published(self, chunk: Sequence[Event]) -> bool:
        try:
            self._publisher.publish(chunk)
        except Transient:
            return False
        return True

"""All measurements, in order, on one ground. Each returns plain figures, ready for JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.progress import Progress

from benchmarks import (
    front,
    latency,
    micro,
    outreach,
    prediction,
    profiling,
    scaling,
    throughput,
    variants,
    webhooks,
)
from benchmarks.crew import Crew
from benchmarks.feed import Pack, by_the_hundred, singly
from benchmarks.finish import Finish, WrongOutcome
from benchmarks.floor.shapes import save_shapes
from benchmarks.ground import Ground, Room
from benchmarks.growth import Growth
from benchmarks.queues import Queues
from benchmarks.real import RealServices
from benchmarks.workload import Expected, in_order_of_time
from wafa.services import SERVICES, WORKERS

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extent:
    """Events in a run, runs of which the median counts, seconds at a steady rate, sizes to look at.

    `mails` is how many customers a broadcast is for, `people` how many a preview is of, `deliveries` how many
    events leave by webhooks, `members` how many a model is fitted to.
    """

    events: int = 20_000
    runs: int = 3
    seconds: int = 30
    sizes: tuple[int, ...] = (10_000, 100_000, 300_000, 1_000_000)
    mails: int = 30_000
    people: int = 200_000
    deliveries: int = 10_000
    members: int = 1_000_000


QUICK = Extent(
    events=2_000,
    runs=1,
    seconds=5,
    sizes=(10_000, 20_000),
    mails=2_000,
    people=10_000,
    deliveries=1_000,
    members=20_000,
)


@dataclass(frozen=True, slots=True)
class Suite:
    """The measurements, over one ground."""

    ground: Ground
    folder: Path
    extent: Extent
    bar: Progress

    def throughput(self) -> Figures:
        """Compare Wafa with the floor, with aio-pika and with stock nameko."""
        variants.rehearse()
        fast: dict[str, list[Figures]] = {"wafa": [], "floor": []}
        for run in range(self.extent.runs):
            fast["wafa"].append(self._real(f"wafa_{run}", singly))
            fast["floor"].append(self._run(f"floor_{run}", variants.floor(self._shapes), singly))
        figures = {name: _middle(runs) for name, runs in fast.items()}
        figures["wafa_without_gateway"] = self._real("no_gateway", singly, services=SERVICES)
        figures["wafa_hundreds"] = self._real("wafa_hundreds", by_the_hundred)
        figures["floor_hundreds"] = self._run("floor_hundreds", variants.floor(self._shapes), by_the_hundred)
        figures["aio"] = self._run("aio", variants.aio, singly)
        figures["stock"] = self._run("stock", variants.stock, singly)
        figures["stock_rpc"] = self._run("stock_rpc", variants.stock_by_rpc, singly)
        return {name: {**one, **_compared(name, figures)} for name, one in figures.items()}

    def latency(self) -> Figures:
        """Measure the latency at shares of what went through at full load just before."""
        events = in_order_of_time(self.extent.events)
        with self._services("latency") as (room, crew):
            full = throughput.measure(crew, room, self.ground.servers(), events, singly, self.bar)
            with Queues(room, crew, self.bar) as queues:
                Finish(room).await_calm(queues.moved)
            expected = Expected()
            expected.add(events)
            rate = full["events_per_second"]
            return latency.measure(room, expected.customers, rate, self.extent.seconds, self.bar)

    def replicas(self) -> Figures:
        """Measure the throughput with more processes of loyalty and interactions."""

        def run(processes: int) -> Figures:
            replicas = dict.fromkeys(scaling.SCALED, processes)
            return self._real(f"replicas_{processes}", singly, replicas=replicas)

        return scaling.measure(run)

    def growth(self) -> Figures:
        """Measure whether the cost of an event stays the same as the system fills."""
        servers = self.ground.servers()
        with self._services("growth") as (room, crew):
            crew.start_head()
            with Queues(room, crew, self.bar) as queues:
                looks = Growth(room, crew, servers, queues, self.bar).measure(self.extent.sizes)
        first, last = looks[0], looks[-1]
        costs = ("seconds_per_1000", "cpu_seconds_per_1000_in_all")
        return {"looks": looks, "last_to_first": {cost: round(last[cost] / first[cost], 2) for cost in costs}}

    def outreach(self) -> Figures:
        """Measure deciding, sending and previewing."""
        with self.ground.room("outreach") as room:
            return outreach.measure(room, self.extent.mails, self.extent.people, self.bar)

    def front(self) -> Figures:
        """Measure the front door beside a bare Flask and beside AMQP."""
        with self.ground.room("front") as room, self.ground.room("calm") as calm:
            return front.measure(room, calm, self.extent.events, self.bar)

    def webhooks(self) -> Figures:
        """Measure deliveries to subscribers beside a bare client."""
        deliveries, seconds = self.extent.deliveries, self.extent.seconds
        with self.ground.room("webhooks") as room:
            return webhooks.measure(room, self.ground.servers(), deliveries, seconds, self.bar)

    def micro(self) -> Figures:
        """Measure single steps."""
        with self.ground.room("micro") as room:
            return dict(micro.measure(room))

    def prediction(self) -> Figures:
        """Measure fitting a model, and scoring by it."""
        return prediction.measure(self.extent.members)

    def profile(self) -> Figures:
        """Take profiles of the services under load; of what they show, the figures."""
        profiling.clear()
        with self._services("profile") as (room, crew):
            found = profiling.measure(lambda: self._measure(crew, room, singly), crew.pids)
        found |= profiling.measure(self.front, profiling.web, threads=True)
        profiling.note(found)
        return found

    @property
    def _shapes(self) -> Path:
        return self.folder / "shapes.bson"

    def _real(
        self,
        name: str,
        pack: Pack,
        *,
        services: Sequence[str] = WORKERS,
        replicas: Mapping[str, int] | None = None,
    ) -> Figures:
        with self._services(name, services, replicas) as (room, crew):
            figures = self._measure(crew, room, pack)
            published = crew.published()
            save_shapes(room, published, self._shapes)
            return {**figures, "published": dict(published), "complaints": dict(crew.complaints())}

    @contextmanager
    def _services(
        self, name: str, services: Sequence[str] = WORKERS, replicas: Mapping[str, int] | None = None
    ) -> Iterator[tuple[Room, RealServices]]:
        """Run Wafa in a room of its own; an error tells what its logs complain of."""
        with self.ground.room(name) as room, RealServices(room, services, replicas) as crew:
            try:
                yield room, crew
            except WrongOutcome as error:
                raise WrongOutcome(f"{error}; logged: {dict(crew.complaints())}") from error

    def _run(self, name: str, variant: Callable[[Room], Crew], pack: Pack) -> Figures:
        with self.ground.room(name) as room, variant(room) as crew:
            return self._measure(crew, room, pack)

    def _measure(self, crew: Crew, room: Room, pack: Pack) -> Figures:
        events = in_order_of_time(self.extent.events)
        return throughput.measure(crew, room, self.ground.servers(), events, pack, self.bar)


def _compared(name: str, figures: dict[str, Figures]) -> Figures:
    """Return how many times as fast Wafa is, with the same messages."""
    mine = "wafa_hundreds" if name.endswith("_hundreds") else "wafa"
    if name == mine:
        return {}
    rates = ("events_per_second", "events_per_second_to_rest")
    return {"wafa_is_times": {rate: round(figures[mine][rate] / figures[name][rate], 2) for rate in rates}}


def _middle(runs: list[Figures]) -> Figures:
    """Return the run with the median rate, and all rates beside it."""
    rates = [run["events_per_second"] for run in runs]
    middle = min(runs, key=lambda run: abs(run["events_per_second"] - median(rates)))
    return {**middle, "events_per_second_of_all_runs": rates}

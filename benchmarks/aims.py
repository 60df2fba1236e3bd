"""What the figures are asked for: each aim beside what was found, met or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.results import Results

Figures = dict[str, Any]
SERVERS = ("rabbitmq", "mongodb", "mail")
MEGABYTES = 1.048576
MOST_MEMORY = 120


@dataclass(frozen=True, slots=True)
class Aim:
    """Something asked for: in words, what was found in words, and whether that is enough."""

    words: str
    found: str
    met: bool


def aims(results: Results) -> dict[str, list[Aim]]:
    """Return the aims of each measurement that was taken, by its name."""
    return {name: [*of(results[name]["figures"])] for name, of in AIMS.items() if name in results}


def throughput(figures: Figures) -> Iterator[Aim]:
    """Yield those of the pipeline."""
    best = max(figures[name]["events_per_second"] for name in ("wafa", "wafa_hundreds"))
    yield _at_least("5,000 events/s from publish to loyalty event, with a fast database", best, 5_000, "/s")
    times = "wafa_is_times", "events_per_second"
    asking, spared = (figures[name][times[0]][times[1]] for name in ("stock_rpc", "stock"))
    yield _at_least("10 times stock nameko, where both ask the customers service", asking, 10)
    yield _at_least("10 times stock nameko, which is spared asking it", spared, 10)
    yield _at_least("0.6 of the floor", figures["floor"][times[0]][times[1]], 0.6)
    yield _memory(figures["wafa"]["memory_mib"])


def growth(figures: Figures) -> Iterator[Aim]:
    """Yield whether the services' own cost stays where it was; that of the database is not theirs."""
    own = [_own(look) for look in figures["looks"]]
    stored = [f"{figures['looks'][place]['stored']:,}" for place in (0, -1)]
    ratio = own[-1] / own[0]
    words = f"cost of an event in the services flat from {stored[0]} to {stored[1]} (at most 1.1)"
    yield Aim(words, f"{ratio:.2f}", ratio <= 1.1)
    yield _memory(figures["looks"][-1]["memory_mib"])


def replicas(figures: Figures) -> Iterator[Aim]:
    """Yield whether more processes are faster."""
    best = max(figures["runs"][1:], key=lambda run: run["of_one"])
    found = f"{best['of_one']:.2f} with {best['processes']}; {best['limit']}"
    # Less than that is what two runs of the same differ by.
    words = "more processes of loyalty and interactions speed up (at least 1.05)"
    yield Aim(words, found, best["of_one"] >= 1.05)


def outreach(figures: Figures) -> Iterator[Aim]:
    """Yield those of sending."""
    handed, whole = figures["handover"]["mails_per_second"], figures["mails"]["mails_per_second"]
    yield _at_least("2,000 mails/s on two cores, written and handed to a sink", handed, 2_000, "/s")
    yield _at_least("the same the whole way, with the database", whole, 2_000, "/s")
    preview = figures["preview"]
    words = f"preview of {preview['people']:,} customers under 1 s on a real server"
    yield _under(words, preview["seconds"], 1, " s")
    before, after = (_largest(preview[name]) for name in ("memory_mib_before", "memory_mib"))
    yield Aim("flat memory over previews (at most 1.1)", f"{after / before:.2f}", after / before <= 1.1)
    yield _memory(figures["mails"]["memory_mib"])


def front(figures: Figures) -> Iterator[Aim]:
    """Yield those of HTTP."""
    hundreds = figures["events_by_the_hundred"]
    yield _at_least("arrays of 100 at 0.7 of the AMQP publisher's rate", hundreds["of_amqp"], 0.7)
    yield _under("a card under 15 ms p50, one at a time", figures["cards_one_by_one"]["p50_ms"], 15, " ms")
    yield _memory(hundreds["memory_mib"])


def webhooks(figures: Figures) -> Iterator[Aim]:
    """Yield that of memory: of deliveries no figure is asked for."""
    yield _memory(figures["memory_mib"])


def _memory(processes: Figures) -> Aim:
    own = {name: held["peak"] * MEGABYTES for name, held in processes.items() if name not in SERVERS}
    name = max(own, key=lambda one: own[one])
    now = max(held["rss"] * MEGABYTES for one, held in processes.items() if one in own)
    found = f"{own[name]:.0f} MB ({name}, the most that it ever was), {now:.0f} MB afterwards"
    return Aim(f"memory under {MOST_MEMORY} MB a process", found, own[name] < MOST_MEMORY)


def _largest(processes: Figures) -> float:
    return max(float(held["rss"]) for held in processes.values())


def _own(look: Figures) -> float:
    spent: dict[str, float] = look["cpu_seconds_per_1000"]
    return sum(seconds for name, seconds in spent.items() if name not in SERVERS)


def _at_least(words: str, found: float, wanted: float, unit: str = "") -> Aim:
    return Aim(words, _said(found, unit), found >= wanted)


def _under(words: str, found: float, wanted: float, unit: str = "") -> Aim:
    return Aim(words, _said(found, unit), found < wanted)


def _said(figure: float, unit: str) -> str:
    return f"{figure:,.0f}{unit}" if figure >= 100 else f"{figure:,.2f}{unit}"


AIMS: dict[str, Callable[[Figures], Iterator[Aim]]] = {
    "throughput": throughput,
    "replicas": replicas,
    "growth": growth,
    "outreach": outreach,
    "front": front,
    "webhooks": webhooks,
}

"""The figures as rows under headings, for whatever shows them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from benchmarks.aims import Aim
from benchmarks.grid import Grid, memory
from benchmarks.grids_edge import front, outreach, webhooks
from benchmarks.results import Results

Figures = dict[str, Any]
SERVERS = ("rabbitmq", "mongodb")
#: As many as the aim of 5,000 events/s has.
CORES = 2
#: Of a profile: parts in all, functions of each process.
PARTS, FUNCTIONS = 14, 5
NAMES = {
    "wafa": "Wafa",
    "wafa_without_gateway": "Wafa, but for webhooks",
    "floor": "floor",
    "wafa_hundreds": "Wafa, by the hundred",
    "floor_hundreds": "floor, by the hundred",
    "aio": "aio-pika",
    "stock": "stock nameko",
    "stock_rpc": "stock nameko, asking by RPC",
}


def grids(results: Results) -> dict[str, list[Grid]]:
    """Return a grid or more for each measurement that was taken, by its name."""
    return {name: [*of(results[name]["figures"])] for name, of in GRIDS.items() if name in results}


def of_aims(aims: Iterable[Aim]) -> Grid:
    """Return what was asked for, beside what was found."""
    return Grid("Aims", ("asked for", "found", ""), [*map(_row, aims)])


def all_aims(aims: Mapping[str, Iterable[Aim]]) -> Grid:
    """Return those of all measurements, each under its name."""
    rows = [(name, *_row(aim)) for name, several in aims.items() for aim in several]
    return Grid("Aims", ("", "asked for", "found", ""), rows)


def _row(aim: Aim) -> tuple[str, ...]:
    return aim.words, aim.found, "met" if aim.met else "not met"


def throughput(figures: Figures) -> Iterator[Grid]:
    """Yield rates and costs of each variant, then the memory of Wafa's processes."""
    headings = ("", "events/s", "until rest", "CPU ms/event", "servers", "Wafa is ×", "until rest ×")
    rows = []
    for name, run in figures.items():
        servers = sum(run["cpu_seconds"][server] for server in SERVERS if server in run["cpu_seconds"])
        own = sum(run["cpu_seconds"].values()) - servers
        per_event = (f"{1000 * seconds / run['events']:.2f}" for seconds in (own, servers))
        rates = (f"{run[rate]:,.0f}" for rate in ("events_per_second", "events_per_second_to_rest"))
        ratios = (f"{ratio:.2f}" for ratio in run.get("wafa_is_times", {"": 1.0, " ": 1.0}).values())
        rows.append((NAMES[name], *rates, *per_event, *ratios))
    yield _room(figures)
    events = figures["wafa"]["events"]
    yield Grid(f"Throughput: {events:,} purchases, until the last is in the ledger", headings, rows)
    yield memory(f"Memory after {events:,} purchases", figures["wafa"]["memory_mib"])


def _room(figures: Figures) -> Grid:
    """Return what two cores could do at most, by the processor time of an event, with servers and without."""
    rows = []
    for name, run in figures.items():
        all_of_it = sum(run["cpu_seconds"].values())
        own = all_of_it - sum(run["cpu_seconds"].get(server, 0) for server in SERVERS)
        most = (f"{CORES * run['events'] / seconds:,.0f}" for seconds in (all_of_it, own))
        rows.append((NAMES[name], *most, f"{run['cores_busy']:.2f}"))
    headings = ("", "all on them", "broker and database elsewhere", "cores that were busy")
    return Grid("Events/s at which two cores are full, by processor time", headings, rows)


def latency(figures: Figures) -> Iterator[Grid]:
    """Yield the quantiles at each load."""
    names = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
    rows = [
        (
            f"{load['share']:.0%} of full load, {load['events_per_second']:,.0f} events/s",
            *(f"{load[name]:,.0f}" for name in names),
        )
        for load in figures["loads"]
    ]
    title = f"Latency: publish to loyalty event; {figures['full']:,.0f} events/s is full load"
    yield Grid(title, ("", "p50 ms", "p95 ms", "p99 ms", "max ms"), rows)


def replicas(figures: Figures) -> Iterator[Grid]:
    """Yield the throughput by processes of loyalty and of interactions, and what limits it."""
    rows = []
    for run in figures["runs"]:
        spent = run["cpu_seconds"]
        per_event = [1000 * seconds / run["events"] for seconds in (sum(spent.values()), spent["mongodb"])]
        costs = (f"{cost:.2f}" for cost in per_event)
        rate = f"{run['events_per_second']:,.0f}"
        rows.append((str(run["processes"]), rate, f"{run['of_one']:.2f}", *costs, run["limit"]))
    headings = ("processes of each", "events/s", "of one", "CPU ms/event", "database", "limit")
    yield Grid("Replicas: loyalty and interactions with 1, 2, 3 processes", headings, rows)


def growth(figures: Figures) -> Iterator[Grid]:
    """Yield the cost of 1,000 events at each size, then the memory at the last."""
    looks = figures["looks"]
    processes = list(looks[0]["cpu_seconds_per_1000"])
    rows = [
        (
            f"{look['stored']:,}",
            f"{look['seconds_per_1000']:.2f}",
            f"{look['cpu_seconds_per_1000_in_all']:.2f}",
            *(f"{look['cpu_seconds_per_1000'][process]:.2f}" for process in processes),
        )
        for look in looks
    ]
    ratios = (f"{ratio:.2f}" for ratio in figures["last_to_first"].values())
    rows.append(("last / first", *ratios, *("" for _ in processes)))
    headings = ("stored", "seconds", "CPU s", *processes)
    yield Grid("Cost of 1,000 events when so many are stored", headings, rows)
    yield memory(f"Memory with {looks[-1]['stored']:,} interactions stored", looks[-1]["memory_mib"])


def micro(figures: Figures) -> Iterator[Grid]:
    """Yield the single steps."""
    rows = []
    for name, figure in figures.items():
        what, unit = (name[:-3], "µs") if name.endswith("_us") else (name.removesuffix("_per_second"), "/s")
        rows.append((what.replace("_", " "), f"{figure:,.1f} {unit}"))
    yield Grid("Single steps, per event", ("", ""), rows)


def prediction(figures: Figures) -> Iterator[Grid]:
    """Yield what a fit takes, then what a score does."""
    rows = [
        ("purchases", f"{figures['purchases']:,}"),
        ("fit, seconds", f"{figures['fit_seconds']:,.1f}"),
        ("of these BG/NBD", f"{figures['bgnbd_seconds']:,.1f}"),
        ("memory at most, MiB", f"{figures['memory_mib']:,.0f}"),
        ("of these before the fit", f"{figures['memory_before_mib']:,.0f}"),
        ("scoring a member, µs", f"{figures['score_us']:,.1f}"),
        ("by the model of who has no history, µs", f"{figures['score_by_priors_us']:,.1f}"),
    ]
    yield Grid(f"Fitting to {figures['members']:,} members, and scoring", ("", ""), rows)


def profile(figures: Figures) -> Iterator[Grid]:
    """Yield where the time of busy processes goes: parts of the program, then single functions."""
    parts: Counter[str] = Counter()
    for found in figures.values():
        parts.update(found["parts"])
    rows = [
        (name, *(f"{found['parts'].get(name, 0):.0%}" for found in figures.values()))
        for name, _ in parts.most_common(PARTS)
    ]
    yield Grid("Profile: shares of the time that a process is at work", ("", *figures), rows)
    rows = [
        (f"{process}: {function}", f"{share:.1%}")
        for process, found in figures.items()
        for function, share in [*found["functions"].items()][:FUNCTIONS]
    ]
    yield Grid("Profile: the functions on top", ("", "share"), rows)


GRIDS = {
    "throughput": throughput,
    "latency": latency,
    "replicas": replicas,
    "growth": growth,
    "outreach": outreach,
    "front": front,
    "webhooks": webhooks,
    "micro": micro,
    "prediction": prediction,
    "profile": profile,
}

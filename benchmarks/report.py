"""The figures as tables, for people."""

from typing import Any

from rich.console import Console
from rich.table import Table


def show(results: dict[str, Any], console: Console) -> None:
    """Print whatever was measured."""
    for name, table_of in TABLES.items():
        if name in results:
            console.print(table_of(results[name]))
    if "throughput" in results:
        console.print(memory(results["throughput"]["wafa"]["memory_mib"]))
    machine = results["machine"]
    names = ("processor", "cores", "memory_gib", "load_average_before", "python", "broker", "database")
    console.print(", ".join(f"{name.replace('_', ' ')} {machine[name]}" for name in names))


def throughput(figures: dict[str, Any]) -> Table:
    """Return rates, costs and memory of each variant, and the ratios."""
    table = Table("variant", title="Throughput: queue full, until the last ledger row")
    for heading in (
        "events/s",
        "until all rest",
        "CPU ms/event",
        "servers' CPU",
        "MiB",
        "Wafa / this",
        "at rest",
    ):
        table.add_column(heading, justify="right")
    for name, run in figures.items():
        ours, servers = _split(run["cpu_seconds"])
        memory = sum(one["rss"] for process, one in run["memory_mib"].items() if process not in SERVERS)
        table.add_row(
            name,
            f"{run['events_per_second']:,.0f}",
            f"{run['events_per_second_to_rest']:,.0f}",
            f"{1000 * ours / run['events']:.2f}",
            f"{1000 * servers / run['events']:.2f}",
            f"{memory:,.0f}",
            *(f"{ratio}" for ratio in run.get("wafa_to_this", {}).values()),
        )
    return table


def latency(figures: dict[str, Any]) -> Table:
    """Return the quantiles."""
    headings = ("events/s", "p50 ms", "p95 ms", "p99 ms", "max ms")
    table = Table(*headings, title="Latency: publish to loyalty event")
    names = ("events_per_second", "p50_ms", "p95_ms", "p99_ms", "max_ms")
    table.add_row(*(f"{figures[name]:,.0f}" for name in names))
    return table


def memory(run: dict[str, Any]) -> Table:
    """Return the memory of each process."""
    table = Table("process", "MiB", "peak", title="Memory after the throughput run")
    for process, held in run.items():
        table.add_row(process, f"{held['rss']:.0f}", f"{held['peak']:.0f}")
    return table


def flatness(figures: dict[str, Any]) -> Table:
    """Return the cost of 1,000 events at each size."""
    table = Table("stored", "s / 1,000 events", "CPU s / 1,000", title="Flatness: the cost of 1,000 events")
    processes = list(figures["looks"][0]["cpu_seconds_per_1000"])
    for process in processes:
        table.add_column(process, justify="right")
    for look in figures["looks"]:
        spent = look["cpu_seconds_per_1000"]
        table.add_row(
            f"{look['stored']:,}",
            f"{look['seconds_per_1000']:.2f}",
            f"{look['cpu_seconds_per_1000_in_all']:.2f}",
            *(f"{spent[process]:.2f}" for process in processes),
        )
    ratios = figures["last / first"].items()
    table.caption = "last / first: " + ", ".join(f"{name} {ratio}" for name, ratio in ratios)
    return table


def micro(figures: dict[str, Any]) -> Table:
    """Return the single steps."""
    table = Table("step", "", title="Single steps")
    for name, figure in figures.items():
        what, unit = (name[:-3], "µs") if name.endswith("_us") else (name.removesuffix("_per_second"), "/s")
        table.add_row(what.replace("_", " "), f"{figure:,.1f} {unit}")
    return table


SERVERS = ("rabbitmq", "mongodb")
TABLES = {"throughput": throughput, "latency": latency, "flatness": flatness, "micro": micro}


def _split(seconds: dict[str, float]) -> tuple[float, float]:
    """Return the seconds of the processes that do the work, and those of broker and database."""
    servers = sum(seconds.get(name, 0.0) for name in SERVERS)
    return sum(seconds.values()) - servers, servers

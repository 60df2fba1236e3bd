"""The figures as rows under headings, for whatever shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
SERVERS = ("rabbitmq", "mongodb")
NAMES = {
    "wafa": "Wafa",
    "wafa_without_gateway": "Wafa, but for webhooks",
    "floor": "floor",
    "wafa_hundreds": "Wafa, by the hundred",
    "floor_hundreds": "floor, by the hundred",
    "stock": "stock nameko",
    "stock_rpc": "stock nameko, asking by RPC",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first column is a name, all others are figures."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


def grids(results: Figures) -> dict[str, list[Grid]]:
    """Return a grid or more for each measurement that was taken, by its name."""
    return {name: [*of(results[name])] for name, of in GRIDS.items() if name in results}


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
    events = figures["wafa"]["events"]
    yield Grid(f"Throughput: {events:,} purchases, until the last is in the ledger", headings, rows)
    yield _memory(f"Memory after {events:,} purchases", figures["wafa"]["memory_mib"])


def latency(figures: Figures) -> Iterator[Grid]:
    """Yield the quantiles."""
    names = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
    row = (f"{figures['events_per_second']:,.0f} events/s", *(f"{figures[name]:,.0f}" for name in names))
    yield Grid("Latency: publish to loyalty event", ("", "p50 ms", "p95 ms", "p99 ms", "max ms"), [row])


def flatness(figures: Figures) -> Iterator[Grid]:
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
    yield _memory(f"Memory with {looks[-1]['stored']:,} interactions stored", looks[-1]["memory_mib"])


def outreach(figures: Figures) -> Iterator[Grid]:
    """Yield how fast outreach is, then the memory of the senders."""
    mails, preview = figures["mails"], figures["preview"]
    cpu = ", ".join(f"{name} {spent:.2f}" for name, spent in mails["cpu_ms_per_mail"].items())
    rows = [
        ("decisions, one core", f"{figures['decisions']['decisions_per_second']:,}/s"),
        ("mails written and handed to a sink, one process", f"{figures['handover']['mails_per_second']:,}/s"),
        (
            f"the whole way, with the database, by {mails['senders']} senders ({mails['mails']:,} mails)",
            f"{mails['mails_per_second']:,}/s",
        ),
        ("processor time of a mail", f"{cpu} ms"),
        (f"preview of {preview['people']:,} customers", f"{preview['seconds']:.2f} s"),
    ]
    yield Grid("Outreach", ("", ""), rows)
    yield _memory("Memory of the senders after the mails", mails["memory_mib"])
    yield _memory(f"Memory of the senders after previews of {preview['people']:,}", preview["memory_mib"])


def front(figures: Figures) -> Iterator[Grid]:
    """Yield rates and times of requests beside a bare Flask, then events by the hundred beside AMQP."""
    names = {
        "hello": "bare Flask says hello",
        "events_singly": "events, one a request",
        "events_by_the_hundred": "events, a hundred a request",
        "lookups": "lookups",
        "cards": "cards",
        "cards_one_by_one": "cards, one at a time",
    }
    rows = [
        (
            f"{name} ({one['at_once']} at once)",
            f"{one['per_second']:,.0f}",
            f"{one['p50_ms']:.1f}",
            f"{one['p99_ms']:.1f}",
        )
        for key, name in names.items()
        for one in (figures[key],)
    ]
    yield Grid("The front door", ("", "requests/s", "p50 ms", "p99 ms"), rows)
    hundreds, amqp = figures["events_by_the_hundred"], figures["amqp_hundreds"]
    rows = [
        ("HTTP, 8 clients", f"{hundreds['events_per_second']:,}", f"{hundreds['of_amqp']:.2f}"),
        ("AMQP, one publisher", f"{amqp['events_per_second']:,}", "1.00"),
    ]
    yield Grid("Events by the hundred, each confirmed", ("", "events/s", "of AMQP"), rows)
    yield _memory("Memory of the front door after that", hundreds["memory_mib"])


def webhooks(figures: Figures) -> Iterator[Grid]:
    """Yield the rate of deliveries beside that of a bare client, then how long one takes."""
    bare, lag = figures["bare"], figures["lag"]
    rows = [(f"bare client ({bare['at_once']} at once)", f"{bare['per_second']:,.0f}", "1.00", "", "")]
    for name in ("one", "many"):
        one = figures[name]
        spent = one["cpu_ms_per_delivery"]
        cost = (f"{spent[process]:.2f}" if process in spent else "" for process in ("gateway", "mongodb"))
        plural = "" if one["subscriptions"] == 1 else "s"
        named = f"{one['subscriptions']} subscription{plural}"
        rows.append((named, f"{one['per_second']:,.0f}", f"{one['of_bare']:.2f}", *cost))
    title = f"Webhooks: {figures['one']['deliveries']:,} deliveries that wait"
    yield Grid(title, ("", "deliveries/s", "of bare", "CPU ms/delivery", "database"), rows)
    times = (f"{lag[name]:,.0f}" for name in ("p50_ms", "p99_ms", "max_ms"))
    row = (f"{lag['events_per_second']:,.0f} events/s", *times)
    yield Grid("Webhooks: publish to the receiver's call", ("", "p50 ms", "p99 ms", "max ms"), [row])


def micro(figures: Figures) -> Iterator[Grid]:
    """Yield the single steps."""
    rows = []
    for name, figure in figures.items():
        what, unit = (name[:-3], "µs") if name.endswith("_us") else (name.removesuffix("_per_second"), "/s")
        rows.append((what.replace("_", " "), f"{figure:,.1f} {unit}"))
    yield Grid("Single steps, per event", ("", ""), rows)


def _memory(title: str, processes: Figures) -> Grid:
    rows = [(name, f"{held['rss']:.0f}", f"{held['peak']:.0f}") for name, held in processes.items()]
    return Grid(title, ("", "MiB", "peak"), rows)


GRIDS = {
    "throughput": throughput,
    "latency": latency,
    "flatness": flatness,
    "outreach": outreach,
    "front": front,
    "webhooks": webhooks,
    "micro": micro,
}

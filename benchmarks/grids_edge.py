"""The figures of what stands between the system and others: sending, HTTP, webhooks."""

from collections.abc import Iterator
from typing import Any

from benchmarks.grid import Grid, memory

Figures = dict[str, Any]


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
    yield memory("Memory of the senders after the mails", mails["memory_mib"])
    yield memory(f"Memory of the senders after previews of {preview['people']:,}", preview["memory_mib"])


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
    yield memory("Memory of the front door after that", hundreds["memory_mib"])


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

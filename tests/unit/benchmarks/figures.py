"""Figures as a run leaves them, invented."""

from typing import Any

from benchmarks import results

MACHINE = {
    "at": "2026-01-02T03:04:05+00:00",
    "commit": "abc1234",
    "processor": "A Processor",
    "cores": 2,
    "memory_gib": 8.0,
    "load_average_before": 0.1,
    "system": "Linux-6",
    "python": "3.11.7",
    "broker": "RabbitMQ 3.10.8",
    "database": "MongoDB 7.0",
    "packages": {"nameko": "2.14.1", "aio-pika": "10.2.1"},
}


def of(**figures: Any) -> results.Results:
    """Return results of these measurements."""
    return {name: results.entry(one, MACHINE, 90) for name, one in figures.items()}


def throughput(**rates: float) -> dict[str, Any]:
    """Return the figures of all variants, with these rates."""
    usual = {"wafa": 800, "wafa_hundreds": 1_060, "floor": 1_150, "aio": 150, "stock": 110, "stock_rpc": 73}
    names = usual | rates
    return {name: _run(rate, names["wafa"]) for name, rate in names.items()}


def latency() -> dict[str, Any]:
    """Return the figures at three loads."""
    loads = [
        {"share": share, "events_per_second": 800 * share}
        | {f"{name}_ms": place * 10 + number for number, name in enumerate(("p50", "p95", "p99", "max"))}
        for place, share in enumerate((0.2, 0.4, 0.6), 1)
    ]
    return {"full": 800.0, "loads": loads}


def growth(*, own: tuple[float, ...] = (1.0, 1.0, 1.05), database: float = 2.0) -> dict[str, Any]:
    """Return looks at three sizes, with what loyalty costs at each."""
    looks = [
        {
            "stored": stored,
            "seconds_per_1000": 1.5,
            "cpu_seconds_per_1000": {"loyalty": cost, "mongodb": database * place},
            "cpu_seconds_per_1000_in_all": cost + database * place,
            "memory_mib": {
                "loyalty": {"rss": 80.0 + place, "peak": 90.0},
                "mongodb": {"rss": 900, "peak": 900},
            },
        }
        for place, (stored, cost) in enumerate(zip((10_000, 100_000, 1_000_000), own, strict=True), 1)
    ]
    return {"looks": looks, "last_to_first": {"seconds_per_1000": 1.0, "cpu_seconds_per_1000_in_all": 1.3}}


def replicas() -> dict[str, Any]:
    """Return runs with 1, 2 and 3 processes."""
    runs = [
        {
            **_run(rate, 800),
            "processes": processes,
            "of_one": rate / 800,
            "limit": "processors",
            "cores_busy": 1.9,
        }
        for processes, rate in enumerate((800, 880, 840), 1)
    ]
    return {"cores": 2, "runs": runs}


def front(*, card: float = 12.0, of_amqp: float = 0.75) -> dict[str, Any]:
    """Return the figures of HTTP."""
    names = ("hello", "events_singly", "events_by_the_hundred", "lookups", "cards", "cards_one_by_one")
    found: dict[str, Any] = {
        name: {"at_once": 8, "per_second": 100 * place, "p50_ms": place + 0.5, "p99_ms": place * 3}
        for place, name in enumerate(names, 1)
    }
    found["cards_one_by_one"]["p50_ms"] = card
    held = {
        "web": {"rss": 80, "peak": 90},
        "web 2": {"rss": 85, "peak": 100},
        "mail": {"rss": 500, "peak": 500},
    }
    found["events_by_the_hundred"] |= {"events_per_second": 30_000, "of_amqp": of_amqp, "memory_mib": held}
    found["amqp_hundreds"] = {"events_per_second": 40_000}
    return found


def _run(rate: float, of_wafa: float) -> dict[str, Any]:
    held = {"loyalty": {"rss": 90.0, "peak": 93.0}, "customers": {"rss": 68.0, "peak": 70.0}}
    return {
        "events": 1_000,
        "events_per_second": rate,
        "events_per_second_to_rest": rate - 1,
        "seconds_to_rest": 1_000 / rate,
        "cores_busy": 1.9,
        "cpu_seconds": {"loyalty": 0.5, "customers": 0.25, "rabbitmq": 0.1, "mongodb": 1.0},
        "memory_mib": {**held, "mongodb": {"rss": 500.0, "peak": 510.0}},
        "wafa_is_times": {"events_per_second": of_wafa / rate, "events_per_second_to_rest": of_wafa / rate},
    }

"""Broker or database away: nobody restarts, nobody burns the processor, all goes on when they are back."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import unique_name
from tests.faults.table import OUTAGE
from tests.faults.wired import BROKER, DATABASE, Wired, wired
from tests.shop import known_as, purchase
from tests.waiting import eventually
from wafa.runtime.client import Client
from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.publisher import Publisher
from wafa.stack import SERVICES
from wafa.stack.services import is_ready

#: `make soak` sets the full minute.
AWAY = float(os.environ.get("WAFA_OUTAGE_SECONDS", "20"))
BACK_WITHIN = 15
MOST_CPU = 0.05
EVENTS = 300


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    """Everything; the rules below hold for what is killed, not only for what is unplugged."""
    with wired(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.mark.parametrize("server", [BROKER, DATABASE])
def test_an_outage_is_sat_out_quietly_and_over_when_it_is_over(
    system: Wired, server: str, record_property: Callable[[str, object], None]
) -> None:
    usual = work_off(system)
    pids = {name: system.process(name).pid for name in SERVICES}

    system.kill(server)
    eventually(lambda: not any(map(is_ready, ports(system))))
    burnt = cpu_while_away(system)
    with pytest.raises(RemoteUnavailable, match=r"does not answer|ServerSelectionTimeout|No servers"):
        ask(system)
    system.revive(server)
    back_since = time.monotonic()
    eventually(lambda: all(map(is_ready, ports(system))), within=BACK_WITHIN)
    ready = time.monotonic() - back_since
    slow = work_off(system)
    while slow > usual * 2 + 1:
        slow = work_off(system)
        assert time.monotonic() - back_since < BACK_WITHIN + slow, "not back to speed"
    back = time.monotonic() - back_since - slow

    shares = ", ".join(f"{name} {share:.1%}" for name, share in burnt.items())
    record_property(
        OUTAGE,
        f"{server} away for {AWAY:.0f} s: processor {shares}; ready after {ready:.1f} s, back to speed after "
        f"{back:.1f} s ({EVENTS} events in {slow:.1f} s, {usual:.1f} s before)",
    )
    assert {name: system.process(name).pid for name in SERVICES} == pids, "a service was restarted"
    assert {name: share for name, share in burnt.items() if share > MOST_CPU} == {}


def ports(system: Wired) -> list[int]:
    return [int(url.rpartition(":")[2]) for name in SERVICES for url in system.system.http_urls(name)]


def cpu_while_away(system: Wired) -> dict[str, float]:
    """Return the share of a processor that each service takes while it waits."""
    processes = {name: system.process(name) for name in SERVICES}
    before = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
    started = time.monotonic()
    # An outage is nothing but time that passes.
    time.sleep(AWAY)
    passed = time.monotonic() - started
    return {
        name: (sum(process.cpu_times()[:2]) - before[name]) / passed for name, process in processes.items()
    }


def ask(system: Wired) -> None:
    """Ask every service something that it has to look up."""
    with Client(system.system.amqp_uri, timeout=15) as services:
        services.call("loyalty", "summary")


def work_off(system: Wired) -> float:
    """Publish events, wait until they are through; return the seconds."""
    shop = unique_name()
    with Client(system.amqp_uri) as services:
        before = bought(services)
        started = time.monotonic()
        publisher = Publisher(system.amqp_uri, name="test shop")
        publisher.publish(
            [purchase(shop, f"{number}", known_as(shop, number % 50)) for number in range(EVENTS)]
        )
        publisher.close()
        eventually(lambda: bought(services) - before == EVENTS, within=60)
    return time.monotonic() - started


def bought(services: Client) -> int:
    return int(services.call("loyalty", "summary")["purchases"])

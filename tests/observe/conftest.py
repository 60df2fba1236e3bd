"""A whole system at work, and a real Prometheus that looks at it as it would in containers."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from tests.conftest import Isolated, unique_name
from tests.integration.gateway.conftest import Front, opened
from tests.shop import purchase
from tests.waiting import eventually
from wafa.contracts.envelope import Event
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.services import PROCESSES
from wafa.stack import Stack
from wafa.stack.ports import LOOPBACK, Ports

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"

# What `rabbitmq-plugins enable` does, on a port of our own.
ENABLE = """
Name = rabbitmq_prometheus,
ok = application:set_env(Name, tcp_config, [{{port, {port}}}, {{ip, "127.0.0.1"}}], [{{persistent, true}}]),
{{ok, File}} = application:get_env(rabbit, enabled_plugins_file),
ok = file:write_file(File, "{plugins}.\\n"),
rabbit_plugins:ensure(File).
"""


class Prometheus:
    """Prometheus, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = urllib3.PoolManager(retries=False)

    def ask(self, what: str, **fields: str) -> Any:
        """Return the answer to a question of its API; what it refuses is an error with its words."""
        answer = self._http.request("GET", f"{self._url}/api/v1/{what}", fields=fields).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        return self.ask("query", query=expr)["result"]

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def targets(self) -> dict[tuple[str, str], str]:
        """The health of each target, by job and service."""
        found = self.ask("targets", state="active")["activeTargets"]
        return {
            (one["labels"]["job"], one["labels"].get("service", "")): one["health"] + one["lastError"]
            for one in found
        }


@pytest.fixture(scope="package")
def front(isolated: Isolated) -> Iterator[Front]:
    """Every process of Wafa, one of them twice."""
    with opened(isolated(*PROCESSES, WAFA_HTTP_WORKERS="2")) as front:
        yield front


@pytest.fixture(scope="package")
def broker_port(infrastructure: Stack) -> Iterator[int]:
    """Where the broker tells its figures."""
    port = Ports({}).take("rabbitmq figures")
    infrastructure.rabbitmqctl("eval", ENABLE.format(port=port, plugins="[rabbitmq_prometheus]"))
    yield port
    infrastructure.rabbitmqctl("eval", ENABLE.format(port=port, plugins="[]"))


@pytest.fixture(scope="package")
def busy(front: Front) -> None:
    """Two who come back: one is written to, the other has no address. And something that is refused."""
    name = unique_name()
    sara = {"email": f"{name}@example.com", "name": "Sara"}
    omar = {"external_ids": [{"system": "pos", "id": name}], "name": "Omar"}
    assert front.post("/v1/events", [*came_back(sara), *came_back(omar)]).status == 202
    [invalid, _] = came_back({})
    publish_unchecked(front.stack, invalid)
    eventually(lambda: [*front.stack.mail_folder.glob("*.eml")], within=90)
    eventually(lambda: dropped(front.stack))
    eventually(lambda: front.get("/v1/rejected-events").json()["rejected_events"])


def came_back(customer: dict[str, Any]) -> list[Event]:
    shop = unique_name()
    return [purchase(shop, f"{day}", customer, at=now() - timedelta(days=day)) for day in (3, 1)]


def dropped(stack: Stack) -> bool:
    """Whether it was decided not to write to somebody."""
    [url] = stack.http_urls("notifications")
    told = urllib3.PoolManager().request("GET", f"{url}/metrics").data.decode()
    return 'outcome="drop"' in told


def publish_unchecked(stack: Stack, *events: Event) -> None:
    publisher = Publisher(stack.amqp_uri, name="test till")
    publisher.publish(events)
    publisher.close()


@pytest.fixture(scope="package")
def prometheus(
    front: Front, broker_port: int, busy: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Prometheus with our configuration, but for the addresses and that it looks every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    port = Ports({}).take("prometheus")
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in configuration["scrape_configs"]:
        adapt(job, front.stack, broker_port, port)
    (folder / "prometheus.yml").write_text(json.dumps(configuration), "utf-8")
    (folder / "alerts.yml").write_bytes((PROMETHEUS / "alerts.yml").read_bytes())
    with running(folder, port) as found:
        eventually(lambda: set(found.targets().values()) == {"up"}, within=60)
        # Rates need two looks.
        eventually(lambda: found.query("min(count_over_time(up[1m])) >= 3"), within=60)
        eventually(lambda: {rule["health"] for rule in found.rules()} == {"ok"}, within=60)
        yield found


def adapt(job: dict[str, Any], stack: Stack, broker_port: int, own_port: int) -> None:
    """Let a job look where things are here."""
    [found] = job.pop("dns_sd_configs", [None])
    if job["job_name"] == "wafa":
        assert found["names"] == [*PROCESSES]
        job["static_configs"] = [
            {
                "targets": [url.removeprefix("http://") for url in stack.http_urls(name)],
                "labels": {"__meta_dns_name": name},
            }
            for name in found["names"]
        ]
    elif job["job_name"] == "prometheus":
        job["static_configs"] = [{"targets": [f"{LOOPBACK}:{own_port}"]}]
    else:
        assert found["names"] == ["rabbitmq"]
        job["static_configs"] = [{"targets": [f"{LOOPBACK}:{broker_port}"]}]


@contextmanager
def running(folder: Path, port: int) -> Iterator[Prometheus]:
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            url = f"http://{LOOPBACK}:{port}"
            eventually(lambda: answers(url) or process.poll() is not None)
            assert process.poll() is None, (folder / "log").read_text()
            yield Prometheus(url)
        finally:
            process.terminate()
            process.wait(60)


def answers(url: str) -> bool:
    try:
        return urllib3.PoolManager(retries=False).request("GET", f"{url}/-/ready").status == 200
    except urllib3.exceptions.HTTPError:
        return False

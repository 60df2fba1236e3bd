"""Three RabbitMQ nodes of our own that are one broker, behind an address that leads to whichever is there."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.faults.proxy import Proxy
from wafa.runtime.topology import QUEUES
from wafa.stack.ports import Ports
from wafa.stack.rabbitmq import CONFIGURATION, Rabbitmq
from wafa.stack.supervisor import Server, Supervisor

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
DEPLOYED = Path(__file__).parents[2] / "deploy" / "cluster" / "rabbitmq.conf"


class Cluster:
    """The nodes, by their numbers from 1 on, as deploy/cluster configures them."""

    def __init__(self, folder: Path) -> None:
        self._supervisor = Supervisor(lambda name, state: None)
        configuration = _configuration(folder)
        known: dict[str, int] = {}
        self._nodes: dict[int, Rabbitmq] = {}
        for number in range(1, len(ADDRESSES) + 1):
            # A node looks for the port mapper of another one at the port of its own.
            ports = Ports({name: port for name, port in known.items() if name != "erlang"})
            place = folder / str(number)
            (place / "logs").mkdir(parents=True)
            (place / ".erlang.cookie").touch(mode=0o600)
            (place / ".erlang.cookie").write_text("shared")
            self._nodes[number] = Rabbitmq(
                place, place / "logs", ports, node=_name(number), configuration=configuration
            )
            known = ports.taken
        self.port = known["amqp"]

    def start(self) -> None:
        """Start all nodes at once, as containers do; return when they are one broker."""
        mapper, *nodes = (server for number in self._nodes for server in self._servers(number))
        self._supervisor.start([mapper])
        self._supervisor.side_by_side([partial(self._supervisor.start, [node]) for node in nodes])
        self._nodes[1].ctl("await_online_nodes", str(len(self._nodes)), "--timeout", "60")

    def kill(self, number: int) -> None:
        """Kill a node without warning."""
        self._supervisor.kill(f"rabbitmq-{number}")

    def revive(self, number: int) -> None:
        """Start a node again; return when it takes connections."""
        self._supervisor.revive(f"rabbitmq-{number}")

    def end(self) -> None:
        """Kill what runs."""
        self._supervisor.kill_all()

    def members(self) -> dict[str, int]:
        """Return on how many nodes each queue of the topology is at hand."""
        listed = self._nodes[1].ctl("list_queues", "name", "online", "--formatter", "json")
        return {one["name"]: len(one["online"]) for one in json.loads(listed) if one["name"] in QUEUES}

    def leaders(self) -> set[str]:
        """Return the nodes that lead queues of the topology."""
        listed = self._nodes[1].ctl("list_queues", "name", "leader", "--formatter", "json")
        return {one["leader"] for one in json.loads(listed) if one["name"] in QUEUES}

    def _servers(self, number: int) -> list[Server]:
        mapper, node = self._nodes[number].servers()
        node = replace(node, name=f"rabbitmq-{number}")
        if number > 1:
            return [node]
        # One for all nodes: each would listen at 127.0.0.1 as well.
        command = [",".join(ADDRESSES) if one == ADDRESSES[0] else one for one in mapper.command]
        return [replace(mapper, command=command), node]


@contextmanager
def clustered(folder: Path) -> Iterator[tuple[Cluster, str]]:
    """Run a cluster until the block ends; yield it, and an address that leads to any node that is there."""
    with ExitStack() as open_:
        cluster = Cluster(folder)
        open_.callback(cluster.end)
        cluster.start()
        front = open_.enter_context(Proxy(cluster.port, ADDRESSES))
        yield cluster, f"amqp://guest:guest@127.0.0.1:{front.port}/%2F"


def _name(number: int) -> str:
    return f"wafa-{number}@{ADDRESSES[number - 1]}"


def _configuration(folder: Path) -> Path:
    """Return a folder with what is deployed, for nodes that have other names here."""
    text = DEPLOYED.read_text("utf-8")
    for number in range(1, len(ADDRESSES) + 1):
        assert f"rabbit@rabbitmq-{number}" in text
        text = text.replace(f"rabbit@rabbitmq-{number}", _name(number))
    target = folder / "rabbitmq.d"
    target.mkdir()
    for one in CONFIGURATION.iterdir():
        (target / one.name).write_text(one.read_text("utf-8"))
    (target / "20-cluster.conf").write_text(text)
    return target

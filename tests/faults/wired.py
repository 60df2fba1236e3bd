"""The whole system with every wire in our hands: services reach broker, database and mail through proxies."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.faults.proxy import LOOPBACK, Proxy
from wafa.stack import WORKERS, Stack
from wafa.stack.mongodb import mongodb_server
from wafa.stack.ports import Ports
from wafa.stack.supervisor import Server, Supervisor

BROKER, DATABASE = "rabbitmq", "mongodb"


@dataclass(frozen=True, slots=True)
class Wired:
    """Servers to kill, wires to cut, and the addresses that lead past the proxies."""

    servers: Stack
    databases: Supervisor
    system: Stack
    amqp: Proxy
    mongodb: Proxy
    smtp: Proxy

    @property
    def amqp_uri(self) -> str:
        """The broker's own address."""
        return self.servers.amqp_uri

    @property
    def mongodb_uri(self) -> str:
        """The database's own address."""
        return self.servers.mongodb_uri

    @property
    def mail_folder(self) -> Path:
        """Where all mail lies."""
        return self.servers.mail_folder

    def kill(self, name: str) -> None:
        """Kill a server or a service without warning."""
        self._owner(name).kill(name)

    def end(self, name: str) -> None:
        """Stop a server or a service in good order."""
        self._owner(name).stop([name]) if name == DATABASE else self._stack(name).end(name)

    def revive(self, name: str) -> None:
        """Start it again; return when it is ready."""
        self._owner(name).revive(name)

    def process(self, name: str) -> psutil.Process:
        """Return the process of a server or a service."""
        owner = self._owner(name)
        found = next(one for one in owner.identities() if one.name == name).find()
        assert found, f"{name} does not run"
        return found

    def _owner(self, name: str) -> "Stack | Supervisor":
        return self.databases if name == DATABASE else self._stack(name)

    def _stack(self, name: str) -> Stack:
        return self.servers if name in (BROKER, "mail") else self.system


@contextmanager
def wired(
    folder: Path, *, services: Sequence[str] = WORKERS, environment: Mapping[str, str] | None = None
) -> Iterator[Wired]:
    """Run everything under `folder` until the block ends. A broker or database from outside is not used."""
    with ExitStack() as open_:
        open_.enter_context(_servers_of_our_own())
        databases = Supervisor(lambda name, state: None)
        open_.callback(databases.kill_all)
        database_uri = f"mongodb://{LOOPBACK}:{start_database(databases, folder)}/"
        servers = open_.enter_context(Stack(folder / "servers", services=[], mongodb_uri=database_uri))
        amqp, mongodb, smtp = (
            open_.enter_context(Proxy(_port(uri)))
            for uri in (servers.amqp_uri, database_uri, servers.smtp_url)
        )
        addresses = {"WAFA_SMTP_URL": f"smtp://{LOOPBACK}:{smtp.port}", **(environment or {})}
        system = Stack(
            folder / "system",
            services=services,
            environment=addresses,
            amqp_uri=_through(amqp, servers.amqp_uri),
            mongodb_uri=_through(mongodb, database_uri),
        )
        open_.enter_context(system)
        yield Wired(servers, databases, system, amqp, mongodb, smtp)


def start_database(databases: Supervisor, folder: Path) -> int:
    """Start a database that loses nothing it has confirmed when it is killed; return its port."""
    port = Ports({}).take(DATABASE)
    (folder / "database").mkdir(parents=True)
    server = mongodb_server(folder / "database", folder / "database", port)
    databases.start([_durable(server)])
    return port


def _durable(server: Server) -> Server:
    """A server that does what a write concern of j:true asks for, which its stand-ins do only when told."""
    program = Path(server.command[0]).name
    return replace(server, command=[*server.command, "--sync-on-commit"]) if program != "mongod" else server


def _port(uri: str) -> int:
    port = urlsplit(uri).port
    assert port
    return port


def _through(proxy: Proxy, uri: str) -> str:
    return uri.replace(f":{_port(uri)}", f":{proxy.port}")


@contextmanager
def _servers_of_our_own() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in ("AMQP_URI", "MONGODB_URI") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)

"""The whole system on one machine, without Docker."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wafa.services import WEB
from wafa.stack.errors import StackError
from wafa.stack.folder import Folder, default_folder
from wafa.stack.install import ensure_rabbitmq
from wafa.stack.mail import mail_server
from wafa.stack.mongodb import mongodb_server
from wafa.stack.ports import LOOPBACK, Ports, answers, hosts_of
from wafa.stack.process import Identity
from wafa.stack.rabbitmq import Rabbitmq
from wafa.stack.services import ROOT, WORKERS, service_server, speaks_tls
from wafa.stack.supervisor import Progress, Supervisor

#: What links in messages begin with where no front door is part of the stack.
LINKS = f"http://{LOOPBACK}:8000"


class Stack:
    """RabbitMQ, MongoDB, a mail sink and services, all on 127.0.0.1; used as a context manager.

    Servers that run elsewhere can stand in for its own. All state lives in one folder and outlasts the
    stack, ports included where they are still free. Nothing is left running when the
    `with` block ends, by whatever, nor when this process is killed (Linux).
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        services: Sequence[str] = WORKERS,
        replicas: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        amqp_uri: str | None = None,
        mongodb_uri: str | None = None,
        fresh: bool = False,
        front_port: int = 0,
        source: Path = ROOT,
        progress: Progress = lambda name, state: None,
    ) -> None:
        """Describe a stack; nothing happens before `start`.

        Args:
            folder: where its state lives; default `WAFA_STATE`, otherwise `.wafa`.
            services: which services run; none for the infrastructure alone.
            replicas: processes per service, where not 1.
            environment: more variables for the services (settings; `.env.example` lists them).
            amqp_uri: a broker that runs already; default `AMQP_URI`, otherwise a node of its own.
            mongodb_uri: a database server that runs already; default `MONGODB_URI`, otherwise one of its own.
            fresh: begin with empty data and logs.
            front_port: where the front door is to answer, if that port is free; 0: anywhere.
            source: the source tree that the services run.
            progress: told of each server's state as it changes, from several threads.
        """
        self._folder = Folder(folder or default_folder())
        self._services = [
            (service, index) for service in services for index in range((replicas or {}).get(service, 1))
        ]
        self._environment = environment or {}
        self._fresh = fresh
        self._front_port = front_port
        self._source = source
        self._report = progress
        self._supervisor = Supervisor(self._progress)
        self._recording = threading.Lock()
        self._rabbitmq: Rabbitmq | None = None
        self._ports = Ports({})
        self.amqp_uri = amqp_uri or os.environ.get("AMQP_URI", "")
        self.mongodb_uri = mongodb_uri or os.environ.get("MONGODB_URI", "")
        self.smtp_url = ""
        self._own_rabbitmq = not self.amqp_uri
        self._own_mongodb = not self.mongodb_uri

    @property
    def mail_folder(self) -> Path:
        """Where each message that was sent lies as an `.eml` file."""
        return self._folder.mail

    @property
    def log_folder(self) -> Path:
        """Where each server's log file is."""
        return self._folder.logs

    def http_urls(self, service: str) -> list[str]:
        """Return the address of each process of `service`, without a slash at the end."""
        scheme = "https" if speaks_tls(service, {**os.environ, **self._environment}) else "http"
        return [
            f"{scheme}://{LOOPBACK}:{self._ports.taken[_label(name, index)]}"
            for name, index in self._services
            if name == service
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds this stack."""
        return {"AMQP_URI": self.amqp_uri, "MONGODB_URI": self.mongodb_uri, "WAFA_SMTP_URL": self.smtp_url}

    def identities(self) -> list[Identity]:
        """Return the processes of the stack, by name."""
        return self._supervisor.identities()

    def __enter__(self) -> Self:
        """Start everything; what had started is stopped again when something fails, or on Ctrl-C."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    def start(self) -> None:
        """Start everything and return when all of it is ready.

        Raises:
            StackError: something is missing, broke or took too long. Nothing is left running then.
        """
        self._folder.lock()
        try:
            previous = self._folder.record()
            self._folder.end_leftovers()
            if self._fresh:
                self._folder.clear()
            self._folder.logs.mkdir(parents=True, exist_ok=True)
            self._assign(previous.get("ports", {}))
            self._supervisor.side_by_side([self._start_mail, self._start_mongodb, self._start_rabbitmq])
            self._supervisor.side_by_side([self._starter(*one) for one in self._services])
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, the last started first; a second Ctrl-C kills what is left."""
        try:
            self._supervisor.stop(_label(*one) for one in self._services)
            self._supervisor.stop(["mail", "mongodb", "rabbitmq"])
            self._supervisor.stop(["epmd"])
        finally:
            self._supervisor.kill_all()
            self._record()
            self._folder.unlock()

    def check(self) -> None:
        """Raise StackError, with the last log lines, if one of the processes has died."""
        self._supervisor.check()

    def watch(self, until: threading.Event | None = None) -> None:
        """Block until `until` is set, or Ctrl-C.

        Raises:
            StackError: a process has died; its last log lines are in the message.
        """
        ended = until or threading.Event()
        while not ended.wait(0.5):
            self.check()

    def kill(self, name: str) -> None:
        """Kill one process without warning (rabbitmq, mongodb, mail, customers, customers-2, ...).

        RabbitMQ 3.10 forgets a quorum queue that was declared less than a second before it is killed.
        """
        self._supervisor.kill(name)

    def end(self, name: str) -> None:
        """Stop one process in good order."""
        self._supervisor.stop([name])

    def revive(self, name: str) -> None:
        """Start a process again that was killed or stopped: same port, same data; return when it is ready."""
        self._supervisor.revive(name)

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against the stack's own node and return what it prints.

        Raises:
            StackError: it failed, or the broker is not the stack's own (`AMQP_URI`).
        """
        if not self._rabbitmq:
            raise StackError("The broker of AMQP_URI is not this stack's own: rabbitmqctl cannot be used.")
        return self._rabbitmq.ctl(*arguments)

    def _assign(self, previous_ports: Mapping[str, int]) -> None:
        self._ports = Ports(previous_ports)
        if self._own_rabbitmq:
            self._rabbitmq = Rabbitmq(self._folder.path / "rabbitmq", self._folder.logs, self._ports)
            self.amqp_uri = self._rabbitmq.uri
        if self._own_mongodb:
            self.mongodb_uri = f"mongodb://{LOOPBACK}:{self._ports.take('mongodb')}/"
        self.smtp_url = f"smtp://{LOOPBACK}:{self._ports.take('mail')}"
        for one in self._services:
            name = _label(*one)
            self._ports.take(name, self._front_port if name == WEB else 0)

    def _start_mail(self) -> None:
        self._supervisor.start([mail_server(self._folder.mail, self._folder.logs, self._ports.taken["mail"])])

    def _start_mongodb(self) -> None:
        if not self._own_mongodb:
            self._use_external("mongodb", self.mongodb_uri, 27017)
            return
        folder = self._folder.path / "mongodb"
        self._supervisor.start([mongodb_server(folder, self._folder.logs, self._ports.taken["mongodb"])])

    def _start_rabbitmq(self) -> None:
        if not self._rabbitmq:
            self._use_external("rabbitmq", self.amqp_uri, 5672)
            return
        ensure_rabbitmq(lambda: self._progress("rabbitmq", "installing"))
        self._supervisor.start(self._rabbitmq.servers())

    def _starter(self, service: str, index: int) -> Callable[[], None]:
        name = _label(service, index)
        front = next(iter(self.http_urls(WEB)), LINKS)
        links = {"WAFA_LINK_SECRET": self._folder.link_secret(), "WAFA_PUBLIC_URL": front}
        links |= {name: os.environ[name] for name in links.keys() & os.environ.keys()}
        environment = {**links, **self.environment(), **self._environment}
        port = self._ports.taken[name]
        server = service_server(name, service, environment, self._folder.logs, port, self._source)
        return lambda: self._supervisor.start([server])

    def _use_external(self, name: str, uri: str, default_port: int) -> None:
        hosts = hosts_of(uri, default_port)
        if not any(answers(*host) for host in hosts):
            places = ", ".join(f"{host}:{port}" for host, port in hosts)
            variable = {"mongodb": "MONGODB_URI", "rabbitmq": "AMQP_URI"}[name]
            raise StackError(
                f"No {name} answers at {places}, the one that was to be used. If {variable} is set in this "
                f"shell, `unset {variable}` lets the stack start a server of its own."
            )
        self._progress(name, "external")

    def _progress(self, name: str, state: str) -> None:
        self._record()
        self._report(name, state)

    def _record(self) -> None:
        with self._recording:
            self._folder.write_record(self._summary(), self._supervisor.identities())

    def _summary(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "amqp_uri": self.amqp_uri,
            "mongodb_uri": self.mongodb_uri,
            "smtp_url": self.smtp_url,
            "mail_folder": str(self.mail_folder),
            "ports": self._ports.taken,
            "http": {service: self.http_urls(service) for service, _ in self._services},
        }


def _label(service: str, index: int) -> str:
    return service if index == 0 else f"{service}-{index + 1}"

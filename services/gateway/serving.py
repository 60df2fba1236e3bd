"""The front door's process: gunicorn, some worker processes, threads in each."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from services.gateway.asking import Services
from services.gateway.gate import Gate
from services.gateway.keyring import Keyring
from services.gateway.means import EXTENSION, Means
from services.gateway.publishing import Publishing
from services.gateway.store import GatewayStore
from services.gateway.stream.ears import Ears
from services.gateway.web import create_app
from wafa.runtime.caller import Caller
from wafa.runtime.clock import clock_at
from wafa.runtime.logs import configure_logs
from wafa.runtime.mongo import open_database
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import Settings

NAME = "gateway"
#: Seconds in which requests in hand are finished on a stop.
GRACE = 15


def gather(settings: Settings) -> Means:
    """Return what a process works with; it connects on first use, and does not wait for what is away."""
    now = clock_at(settings.clock_shift)
    store = GatewayStore(open_database(settings.mongodb_uri, settings.database(NAME)))
    caller = Caller(settings.amqp_uri, name="wafa gateway caller")
    publisher = Publisher(
        settings.amqp_uri, name="wafa gateway publisher", confirm_timeout=settings.confirm_timeout
    )
    gate = Gate(Keyring(store, now), settings.http_workers)
    # What listens holds a thread: the other half is for requests.
    ears = Ears(settings.amqp_uri, settings.http_threads // 2, name="wafa gateway stream")
    return Means(settings, store, caller, Services(caller), Publishing(publisher.send), gate, ears, now)


class Server(BaseApplication):
    """gunicorn, configured by the settings; each of its processes has connections of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults; called by it."""
        values: dict[str, Any] = {
            "bind": f"{self._settings.http_host}:{self._settings.http_port}",
            "workers": self._settings.http_workers,
            "threads": self._settings.http_threads,
            "worker_class": "gthread",
            "graceful_timeout": GRACE,
            "keepalive": 30,
            "proc_name": "wafa gateway",
            "control_socket_disable": True,
            "post_worker_init": _end_streams_with,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application; called in each process."""
        configure_logs(NAME, level=self._settings.log_level, style=self._settings.log_format)
        return create_app(gather(self._settings))


def _end_streams_with(worker: Any) -> None:
    """Let the streams of a process end as soon as it is to stop: they would not end by themselves."""
    worker.wsgi.extensions[EXTENSION].ears.stopping = lambda: not worker.alive


def serve(settings: Settings) -> None:
    """Answer HTTP until SIGTERM."""
    Server(settings).run()

"""The front door's process: gunicorn, some worker processes, threads in each."""

import logging
import os
import shutil
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from prometheus_client import multiprocess
from werkzeug.middleware.proxy_fix import ProxyFix

from services.gateway.access.gate import Gate
from services.gateway.access.keyring import Keyring
from services.gateway.access.tally import Tally
from services.gateway.asking.questions import Services
from services.gateway.audit.log import Audit
from services.gateway.idempotency.claims import RENEWED_EVERY, Claims
from services.gateway.means import EXTENSION, Means
from services.gateway.publishing import Publishing
from services.gateway.serving.flushing import Flusher
from services.gateway.serving.worker import Worker
from services.gateway.store import GatewayStore
from services.gateway.stream.ears import Ears
from services.gateway.web import create_app
from wafa.runtime.caller import Caller
from wafa.runtime.clock import now
from wafa.runtime.figures import VARIABLE
from wafa.runtime.logs import configure_logs
from wafa.runtime.mongo import open_database
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import Settings
from wafa.runtime.tracing import tracer_of
from wafa.services import WEB

NAME = "gateway"
#: Seconds after which processes are killed that were told to stop; see `worker` for what they do with them.
KILLED_AFTER = 18


def gather(settings: Settings, tally: Tally) -> Means:
    """Return what a process works with; it connects on first use, and does not wait for what is away."""
    store = GatewayStore(open_database(settings.mongodb_uri, settings.database(NAME)))
    caller = Caller(settings.amqp_uri, name="wafa gateway caller")
    publisher = Publisher(
        settings.amqp_uri, name="wafa gateway publisher", confirm_timeout=settings.confirm_timeout
    )
    keyring, audit = Keyring(store, now), Audit(store, now)
    claims = Claims(store, now)
    # What listens holds a thread: the other half is for requests.
    ears = Ears(settings.amqp_uri, settings.http_threads // 2, name="wafa gateway stream")
    return Means(
        settings=settings,
        store=store,
        caller=caller,
        services=Services(caller),
        publishing=Publishing(publisher.send),
        gate=Gate(keyring, tally),
        ears=ears,
        now=now,
        audit=audit,
        flusher=Flusher(audit.flush, keyring.flush),
        claims=claims,
        renewing=Flusher(claims.renew, every=RENEWED_EVERY),
        tracer=tracer_of(WEB),
    )


class Server(BaseApplication):
    """gunicorn, configured by the settings; each of its processes has connections of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Before the processes are forked, which count together.
        self._tally = Tally()
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults; called by it."""
        values: dict[str, Any] = {
            "bind": f"{self._settings.http_host}:{self._settings.http_port}",
            "workers": self._settings.http_workers,
            "threads": self._settings.http_threads,
            "worker_class": Worker,
            "logger_class": OurLogger,
            "graceful_timeout": KILLED_AFTER,
            "keepalive": 30,
            "proc_name": "wafa gateway",
            "control_socket_disable": True,
            "limit_request_fields": 64,
            # By default whoever asks from this machine says by headers what path and scheme we have.
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "post_worker_init": _end_streams_with,
            "child_exit": _forget,
            "on_exit": _clean_up,
        }
        if self._settings.http_cert:
            values |= {"certfile": self._settings.http_cert, "keyfile": self._settings.http_key}
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application; called in each process."""
        app = create_app(gather(self._settings, self._tally))
        if proxies := self._settings.http_proxies:
            fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)
            app.wsgi_app = fixed  # type: ignore[method-assign]
        return app


def _end_streams_with(worker: Any) -> None:
    """Let the streams of a process end as soon as it is to stop: they would not end by themselves."""
    worker.wsgi.extensions[EXTENSION].ears.stopping = lambda: not worker.alive


class OurLogger(Logger):  # type: ignore[misc]
    """gunicorn's own messages, in the form of all our lines."""

    def setup(self, cfg: Any) -> None:
        """Hand everything on; called by gunicorn."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers, log.propagate = [], True
            log.setLevel(logging.NOTSET)


def _forget(server: Any, worker: Any) -> None:
    """Leave out of the figures what a process was doing that has ended; called by gunicorn."""
    if VARIABLE in os.environ:
        multiprocess.mark_process_dead(worker.pid)


def _clean_up(server: Any) -> None:
    """Remove the figures; called by gunicorn in the parent, at its end."""
    if folder := os.environ.get(VARIABLE):
        shutil.rmtree(folder, ignore_errors=True)


def serve(settings: Settings) -> None:
    """Answer HTTP until SIGTERM. The folder of the figures goes with us."""
    configure_logs(NAME, level=settings.log_level, style=settings.log_format)
    Server(settings).run()

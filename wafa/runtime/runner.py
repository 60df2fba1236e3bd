"""`wafa run NAME`: one service in one process.

nameko's own command needs setuptools, and its SIGTERM closes the connection before workers finish.
"""

# Before anything else is imported: what has taken an unpatched socket or lock stays with it.
import eventlet

eventlet.monkey_patch()

import importlib  # noqa: E402
import signal  # noqa: E402
from typing import Any  # noqa: E402

import eventlet.wsgi  # noqa: E402
import structlog  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402

import wafa.runtime.resolver  # noqa: E402, F401
from wafa.runtime.address import for_nameko  # noqa: E402
from wafa.runtime.health import Readiness, health_app  # noqa: E402
from wafa.runtime.logs import configure_logs  # noqa: E402
from wafa.runtime.providers import FATAL, READINESS, SETTINGS, MongoStore  # noqa: E402
from wafa.runtime.settings import Settings, load_settings  # noqa: E402
from wafa.runtime.tracing import TRACER, tracer_of  # noqa: E402

# Operators give a container 20 seconds or so before they kill it.
GRACE = 15
#: Seconds to send the last spans in.
LAST_SPANS = 2

log = structlog.get_logger(__name__)


def run(name: str) -> None:
    """Run a service until SIGTERM or SIGINT; returns after a graceful stop, within `GRACE` seconds.

    What it has started may still wait for something that is away: the caller ends the process.

    Raises:
        SettingsError: the environment cannot be used.
        Exception: whatever made the service die; nothing is left half alive.
    """
    settings = load_settings()
    configure_logs(name, level=settings.log_level, style=settings.log_format)
    readiness, life = Readiness(), Life()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: life.end())
    _serve_health(settings, readiness)
    config = {
        **for_nameko(settings.amqp_uri),
        "serializer": "json",
        SETTINGS: settings,
        READINESS: readiness,
        FATAL: life.end,
        TRACER: (tracer := tracer_of(name)),
    }
    container = Container(_service_class(name), config)
    eventlet.spawn(_start, container, life)
    log.info("started", http_port=settings.http_port)
    life.wait()
    log.info("stopping")
    _stop(container)
    if tracer:
        tracer.close(LAST_SPANS)
    log.info("stopped")


class Container(ServiceContainer):
    """A container whose death is the death of the process."""

    set_up = False

    def start(self) -> None:
        """Set up the extensions, then start them all. Either may wait for what is away.

        One after the other, and not side by side as nameko does: then an error is raised here and nowhere
        else, and is not printed as well by whatever ran it. The store comes last: it may wait for a database,
        and a mistake in a file is to be told all the same.
        """
        for extension in sorted(self.extensions, key=lambda one: isinstance(one, MongoStore)):
            extension.setup()
        self.set_up = self.started = True
        self.extensions.all.start()

    def kill(self, exc_info: Any = None) -> None:
        """End the process. nameko calls this when an error escapes a worker's life cycle.

        Its own way to kill the extensions can wait for itself for ever, and leave a process behind that
        answers to health checks and does nothing.
        """
        self.config[FATAL](exc_info[1] if exc_info else None)


class Life:
    """The life of a process: it lasts until `end`, with or without an error, is called for the first time."""

    def __init__(self) -> None:
        self._ended = eventlet.event.Event()
        self._ways_to_end = [self._ended.send]

    def end(self, error: BaseException | None = None) -> None:
        """End it. Safe to call from a signal handler, and more than once."""
        try:
            send = self._ways_to_end.pop()
        except IndexError:
            return
        # Taken in one step: a second signal may interrupt us anywhere, and comes here as well.
        send(None, error)

    def wait(self) -> None:
        """Wait for the end; raises the error that brought it about."""
        self._ended.wait()


def _start(container: ServiceContainer, life: Life) -> None:
    # Beside the main greenlet: while the broker is away this waits, and a signal must be heard meanwhile.
    try:
        container.start()
    except Exception as error:
        life.end(error)


def _stop(container: Container) -> None:
    # Before that it has taken nothing that it could finish.
    if not container.set_up:
        return
    try:
        with eventlet.Timeout(GRACE, False):
            container.stop()
    except Exception as error:
        # What was in hand goes back to its queue when the connection ends, as it does after a crash.
        log.warning("not stopped in good order", error=repr(error))


def _service_class(name: str) -> type:
    module = importlib.import_module(f"services.{name}.service")
    service: type = getattr(module, f"{name.capitalize()}Service")
    return service


def _serve_health(settings: Settings, readiness: Readiness) -> None:
    listener = eventlet.listen((settings.http_host, settings.http_port))
    # Who asks slowly, or many times at once, must not keep others from asking.
    options = {"log_output": False, "socket_timeout": 5, "keepalive": False, "max_size": 200}
    eventlet.spawn(eventlet.wsgi.server, listener, health_app(readiness), **options)

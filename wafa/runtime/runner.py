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

from wafa.runtime.health import Readiness, health_app  # noqa: E402
from wafa.runtime.logs import configure_logs  # noqa: E402
from wafa.runtime.providers import READINESS, SETTINGS  # noqa: E402
from wafa.runtime.settings import Settings, load_settings  # noqa: E402

SERVICES = {
    "customers": "services.customers.service:CustomersService",
    "interactions": "services.interactions.service:InteractionsService",
    "loyalty": "services.loyalty.service:LoyaltyService",
    "notifications": "services.notifications.service:NotificationsService",
}

log = structlog.get_logger(__name__)


def run(name: str) -> None:
    """Run a service until SIGTERM or SIGINT; returns after a graceful stop.

    Raises:
        SettingsError: the environment cannot be used.
        Exception: whatever made the service die; nothing is left half alive.
    """
    settings = load_settings()
    configure_logs(name, level=settings.log_level, style=settings.log_format)
    readiness = Readiness()
    _serve_health(settings, readiness)
    container = ServiceContainer(_service_class(name), _nameko_config(settings, readiness))
    stopping = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.ready() or stopping.send())
    container.start()
    log.info("started", http_port=settings.http_port)
    eventlet.spawn(_stop_when_asked, container, stopping)
    container.wait()
    log.info("stopped")


def _service_class(name: str) -> type:
    module, _, attribute = SERVICES[name].partition(":")
    service: type = getattr(importlib.import_module(module), attribute)
    return service


def _nameko_config(settings: Settings, readiness: Readiness) -> dict[str, Any]:
    return {"AMQP_URI": settings.amqp_uri, "serializer": "json", SETTINGS: settings, READINESS: readiness}


def _serve_health(settings: Settings, readiness: Readiness) -> None:
    listener = eventlet.listen((settings.http_host, settings.http_port))
    eventlet.spawn(eventlet.wsgi.server, listener, health_app(readiness), log_output=False)


def _stop_when_asked(container: ServiceContainer, stopping: Any) -> None:
    stopping.wait()
    log.info("stopping")
    container.stop()

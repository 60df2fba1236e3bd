"""What nameko injects into a service: its store, its publisher, the settings.

The three names are keys of the nameko configuration: the settings, the readiness of the process, and the
function that ends the process because of an error.
"""

import time
from functools import cached_property
from typing import Any, Protocol

import structlog
from nameko.extensions import DependencyProvider, SharedExtension
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure

from wafa.runtime.errors import Misconfigured
from wafa.runtime.mongo import Document, answers, open_database, why_away
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import Settings
from wafa.runtime.tracing import TRACER, Tracer
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

SETTINGS = "wafa.settings"
READINESS = "wafa.readiness"
FATAL = "wafa.fatal"

#: Seconds between two tries to reach the database at start.
PAUSE = 1


class Store(Protocol):
    """What a service's store class offers to the runtime."""

    def __init__(self, database: Database[Document]) -> None: ...

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""


class MongoStore(DependencyProvider):
    """Gives a service its store, over the one database that belongs to it.

    Creates indexes at start, and waits for a database that is away. One that refuses is a `Misconfigured`.
    """

    def __init__(self, store_class: type[Store]) -> None:
        self._store_class = store_class

    def setup(self) -> None:
        """Open the database and create indexes, before any entrypoint starts."""
        settings: Settings = self.container.config[SETTINGS]
        try:
            database = open_database(settings.mongodb_uri, settings.database(self.container.service_name))
        except (ConfigurationError, ValueError) as error:
            raise Misconfigured(f"MONGODB_URI cannot be used: {error}") from error
        self._client = database.client
        self._store = self._store_class(database)
        # Before it is waited for: whoever asks why we are not ready is to read it.
        self.container.config[READINESS].add("mongodb", lambda: answers(database))
        self._prepare()

    def _prepare(self) -> None:
        while True:
            try:
                self._store.create_indexes()
                return
            except TRANSIENT as error:
                log.warning("database away, trying again", error=why_away(error))
                time.sleep(PAUSE)
            except OperationFailure as error:
                told = (error.details or {}).get("errmsg", error)
                raise Misconfigured(f"the database refuses us: {told}") from error

    def stop(self) -> None:
        """Close the connections."""
        self._client.close()

    def get_dependency(self, worker_ctx: Any) -> Store:
        """Return the store; one serves all workers."""
        return self._store


class SharedPublisher(SharedExtension):
    """One publisher for each process, used by the service's code and by its batch entrypoints."""

    @cached_property
    def publisher(self) -> Publisher:
        """The publisher, made when first asked for, because extensions are set up in no order."""
        settings: Settings = self.container.config[SETTINGS]
        name = f"wafa {self.container.service_name} publisher"
        return Publisher(settings.amqp_uri, name=name, confirm_timeout=settings.confirm_timeout)

    def stop(self) -> None:
        """Close the connection."""
        self.publisher.close()


class EventPublisher(DependencyProvider):
    """Gives a service `publish(events)`, which returns when the broker has confirmed all of them.

    What follows from a traced event, or from a traced question, carries on its trace.
    """

    shared = SharedPublisher()

    def get_dependency(self, worker_ctx: Any) -> Any:
        """Return the bound `Publisher.publish`, for whatever traces the worker works in."""
        publish = self.shared.publisher.publish
        trail_of = getattr(worker_ctx.entrypoint, "trail", None)
        trail = trail_of(worker_ctx) if trail_of else None
        return trail.publishing(publish) if trail else publish


class Traces(DependencyProvider):
    """Gives a service what makes its spans, None where there are to be none."""

    def get_dependency(self, worker_ctx: Any) -> Tracer | None:
        """Return it; one serves all workers."""
        tracer: Tracer | None = self.container.config.get(TRACER)
        return tracer


class MessageSender(DependencyProvider):
    """Gives a service `send(messages)`, for what is no event that others may hear."""

    shared = SharedPublisher()

    def get_dependency(self, worker_ctx: Any) -> Any:
        """Return the bound `Publisher.send`."""
        return self.shared.publisher.send


class FromSettings(DependencyProvider):
    """Gives a service whatever `make(settings)` returns, made once at start."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def setup(self) -> None:
        """Make the thing; an error stops the process before it takes any work."""
        self._made = self._make(self.container.config[SETTINGS])

    def get_dependency(self, worker_ctx: Any) -> Any:
        """Return what was made."""
        return self._made

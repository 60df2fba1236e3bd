"""What nameko offers, set up for CloudEvents and Wafa's own queues."""

from collections.abc import Callable
from typing import Any

from kombu import Exchange, Queue
from nameko.extensions import DependencyProvider
from nameko.messaging import Publisher
from pymongo.database import Database

from wafa.contracts.envelope import EXCHANGE, STRUCTURED, Event
from wafa.runtime.mongo import Document, open_database
from wafa.runtime.providers import SETTINGS, Store
from wafa.runtime.settings import Settings

# Declared already, with arguments that need not be known here.
CRM_EVENTS = Exchange(EXCHANGE, type="topic", durable=True, no_declare=True)


def nameko_config(settings: Settings) -> dict[str, Any]:
    """Return the configuration: CloudEvents are JSON, everything else as nameko has it."""
    json = {"encoder": "json.dumps", "decoder": "json.loads", "content_encoding": "utf-8"}
    return {
        "AMQP_URI": settings.amqp_uri,
        "serializer": "cloudevents",
        "SERIALIZERS": {"cloudevents": {**json, "content_type": STRUCTURED}},
        SETTINGS: settings,
    }


def queue(name: str) -> Queue:
    """Return a queue of Wafa's topology, to be consumed as it is."""
    return Queue(name, exchange=CRM_EVENTS, no_declare=True)


class Events(Publisher):
    """Gives a service `publish(event)`: one message, confirmed, as nameko does it."""

    def __init__(self) -> None:
        super().__init__(exchange=CRM_EVENTS)

    def get_dependency(self, worker_ctx: Any) -> Callable[[Event], None]:
        """Return the function."""
        publish = super().get_dependency(worker_ctx)
        return lambda event: publish(event, routing_key=event["type"])


class Collections(DependencyProvider):
    """Gives a service the database of the service `owner`, with the indexes of its store."""

    def __init__(self, owner: str, store_class: type[Store]) -> None:
        self._owner = owner
        self._store_class = store_class

    def setup(self) -> None:
        """Connect, and create the indexes."""
        settings: Settings = self.container.config[SETTINGS]
        self._database = open_database(settings.mongodb_uri, settings.database(self._owner))
        self._store_class(self._database).create_indexes()

    def get_dependency(self, worker_ctx: Any) -> Database[Document]:
        """Return the database."""
        return self._database

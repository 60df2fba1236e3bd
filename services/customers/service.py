"""The customers service: a table of contents."""

import structlog

from services.customers import handlers, queries, settling
from services.customers.store import CustomerStore
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import consume
from wafa.runtime.providers import EventPublisher, MongoStore
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every

log = structlog.get_logger(__name__)


class CustomersService:
    """Knows who somebody is, what is known about them, and what they agreed to."""

    name = "customers"
    store = MongoStore(CustomerStore)
    publish = EventPublisher()

    @consume("wafa.customers")
    def take_in(self, events):
        """Take in what events say about customers."""
        return handlers.take_in(events, self.store, self.publish, now())

    @rpc
    def resolve(self, references):
        """Say who is meant by each reference of a batch."""
        return handlers.resolve(references, self.store, self.publish, now())

    @every(seconds=5)
    def sweep(self):
        """Publish what a worker that died has left unpublished."""
        if found := settling.sweep(self.store, self.publish, now()):
            log.warning("published what a dead worker left", customers=found)

    @rpc
    def get(self, customer_id):
        """Return a customer's snapshot."""
        return queries.get(self.store, customer_id)

    @rpc
    def lookup(self, email=None, phone=None, country=None, system=None, id=None):
        """Return the snapshot of who holds an identifier."""
        return queries.lookup(self.store, email=email, phone=phone, country=country, system=system, id=id)

"""Interactions, one at a time."""

from nameko.messaging import consume
from nameko.rpc import RpcProxy

from benchmarks.stock.customers import resolve
from benchmarks.stock.ground import Database, Events, queue
from services.customers.store import CustomerStore
from services.interactions.publishing import recorded
from services.interactions.recording import identity, make_record
from services.interactions.store import InteractionStore
from wafa.contracts.validation import check
from wafa.runtime.clock import now


class StockInteractions:
    """Records events; customers are resolved on the spot."""

    name = "interactions"
    store = Database("interactions", InteractionStore)
    customers = Database("customers", CustomerStore)
    publish = Events()

    @consume(queue("wafa.interactions"))
    def record(self, event):
        record(event, self.store, resolve_with(self.customers, self.publish), self.publish)


class StockInteractionsByRpc:
    """Records events; customers are resolved by their own service."""

    name = "interactions"
    store = Database("interactions", InteractionStore)
    customers = RpcProxy("customers")
    publish = Events()

    @consume(queue("wafa.interactions"))
    def record(self, event):
        record(event, self.store, self.customers.resolve, self.publish)


def resolve_with(customers, publish):
    return lambda event: resolve(event, customers, publish)


def record(event, store, resolve, publish):
    """Check, resolve, insert, publish."""
    moment = now()
    if problem := check(event, moment):
        raise ValueError(problem)
    record = make_record(event, *identity(event), resolve(event), moment)
    store.add([record])
    publish([recorded(record)])

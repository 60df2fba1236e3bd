"""Interactions, one at a time."""

from functools import partial

from nameko.messaging import consume
from nameko.rpc import RpcProxy

from benchmarks import single
from benchmarks.stock.customers import resolve
from benchmarks.stock.ground import Collections, Events, queue
from services.customers.store import CustomerStore
from services.interactions.publishing import recorded
from services.interactions.store import InteractionStore


class StockInteractions:
    """Records events; customers are resolved on the spot."""

    name = "interactions"
    database = Collections("interactions", InteractionStore)
    customers = Collections("customers", CustomerStore)
    publish = Events()

    @consume(queue("wafa.interactions"))
    def record(self, event):
        resolve_here = partial(resolve, customers=self.customers["customers"], publish=self.publish)
        record(event, self.database["interactions"], resolve_here, self.publish)


class StockInteractionsByRpc:
    """Records events; customers are resolved by their own service."""

    name = "interactions"
    database = Collections("interactions", InteractionStore)
    customers = RpcProxy("customers")
    publish = Events()

    @consume(queue("wafa.interactions"))
    def record(self, event):
        record(event, self.database["interactions"], self.customers.resolve, self.publish)


def record(event, interactions, resolve, publish):
    """Check, resolve, insert, publish."""
    record = single.record_of(single.checked(event), resolve(event))
    interactions.insert_one(record)
    publish(recorded(record))

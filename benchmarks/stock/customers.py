"""Customers, one at a time."""

from dataclasses import replace
from typing import Any

from nameko.rpc import rpc

from benchmarks.stock.ground import Database, Events
from services.customers.domain.customer import Customer
from services.customers.domain.identity import decide
from services.customers.publishing import snapshot_event
from services.customers.reading import statement_of
from services.customers.store import CustomerStore
from wafa.contracts.envelope import event_key
from wafa.contracts.times import parse_time
from wafa.runtime.clock import now


def resolve(event: dict[str, Any], store: CustomerStore, publish: Any) -> str:
    """Return the id of the customer of an event; somebody new is stored and announced."""
    statement = statement_of(event["data"]["customer"], parse_time(event["time"]), event_key(event))
    while True:
        decision = decide([statement.keys], store.find(statement.keys))
        customer_id = decision.who[0]
        if customer_id not in decision.gained:
            return customer_id
        customer = Customer(customer_id).after(decision.gained[customer_id], [statement])
        customer = replace(customer, version=1, changed_at=now())
        if not store.write([customer]):
            publish([snapshot_event(customer)])
            return customer_id


class StockCustomers:
    """The customers service where interactions ask it."""

    name = "customers"
    store = Database("customers", CustomerStore)
    publish = Events()

    @rpc
    def resolve(self, event):
        return resolve(event, self.store, self.publish)

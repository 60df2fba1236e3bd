"""Customers, one at a time."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from nameko.rpc import rpc
from pymongo.errors import DuplicateKeyError

from benchmarks.stock.ground import Collections, Events
from services.customers.domain.customer import Customer
from services.customers.publishing import snapshot_event
from services.customers.reading import statement_of
from services.customers.store import CustomerStore
from wafa.contracts.envelope import Event, event_key
from wafa.contracts.times import parse_time
from wafa.runtime.clock import now


def resolve(event: Event, customers: Any, publish: Callable[[Event], None]) -> str:
    """Return the id of the customer of an event; somebody new is stored and announced."""
    statement = statement_of(event["data"]["customer"], parse_time(event["time"]), event_key(event))
    key = statement.keys[0]
    found = customers.find_one({"identifiers": key})
    if found:
        return found["_id"]
    customer = Customer(str(uuid4()), 1, statement.keys, changed_at=now())
    document = {"version": 1, "identifiers": [*statement.keys], "changed_at": customer.changed_at}
    try:
        customers.insert_one({"_id": customer.customer_id, **document})
    except DuplicateKeyError:
        # Another worker has met the same new person at the same moment.
        return customers.find_one({"identifiers": key})["_id"]
    publish(snapshot_event(customer))
    return customer.customer_id


class StockCustomers:
    """The customers service where interactions ask it."""

    name = "customers"
    database = Collections("customers", CustomerStore)
    publish = Events()

    @rpc
    def resolve(self, event):
        return resolve(event, self.database["customers"], self.publish)

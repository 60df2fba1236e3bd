"""Customers, one at a time."""

from collections.abc import Callable
from typing import Any

from nameko.rpc import rpc
from pymongo.errors import DuplicateKeyError

from benchmarks import single
from benchmarks.stock.ground import Collections, Events
from services.customers.store import CustomerStore
from wafa.contracts.envelope import Event


def resolve(event: Event, customers: Any, publish: Callable[[Event], None]) -> str:
    """Return the id of the customer of an event; somebody new is stored and announced."""
    keys = single.keys_of(event)
    found = customers.find_one({"identifiers": keys[0]})
    if found:
        return found["_id"]
    customer, news = single.newcomer(keys)
    try:
        customers.insert_one(customer)
    except DuplicateKeyError:
        # Another worker has met the same new person at the same moment.
        return customers.find_one({"identifiers": keys[0]})["_id"]
    publish(news)
    return customer["_id"]


class StockCustomers:
    """The customers service where interactions ask it."""

    name = "customers"
    database = Collections("customers", CustomerStore)
    publish = Events()

    @rpc
    def resolve(self, event):
        return resolve(event, self.database["customers"], self.publish)

"""Interactions, and whose they are."""

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from benchmarks import single
from benchmarks.aio.ground import Publish, consume, database
from services.customers.store import CustomerStore
from services.interactions.publishing import recorded
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import Event
from wafa.runtime.mongo import Document
from wafa.runtime.settings import Settings


async def run(settings: Settings) -> None:
    """Record for ever."""
    records = database(settings, "interactions", InteractionStore)["interactions"]
    customers = database(settings, "customers", CustomerStore)["customers"]

    async def record(event: Event, publish: Publish) -> None:
        customer_id = await resolve(single.checked(event), customers, publish)
        found = single.record_of(event, customer_id)
        await records.insert_one(found)
        await publish(recorded(found))

    await consume(settings, "wafa.interactions", record)


async def resolve(event: Event, customers: AsyncCollection[Document], publish: Publish) -> str:
    """Return the id of the customer of an event; somebody new is stored and announced."""
    keys = single.keys_of(event)
    found = await customers.find_one({"identifiers": keys[0]})
    if found:
        return str(found["_id"])
    customer, news = single.newcomer(keys)
    try:
        await customers.insert_one(customer)
    except DuplicateKeyError:
        # Another event has met the same new person at the same moment.
        found = await customers.find_one({"identifiers": keys[0]})
        assert found, "who is there stays"
        return str(found["_id"])
    await publish(news)
    return str(customer["_id"])

"""A connection to the broker and a database, as aio-pika and PyMongo offer them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from benchmarks import single
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, Event, decode, encode
from wafa.runtime.mongo import Document, open_database
from wafa.runtime.providers import Store
from wafa.runtime.settings import Settings

AT_ONCE = 50

Publish = Callable[[Event], Awaitable[None]]
Handle = Callable[[Event, Publish], Awaitable[None]]


def database(settings: Settings, owner: str, store_class: type[Store]) -> AsyncDatabase[Document]:
    """Return the database of the service `owner`, with the indexes of its store."""
    name = settings.database(owner)
    store_class(open_database(settings.mongodb_uri, name)).create_indexes()
    client: AsyncMongoClient[Document] = AsyncMongoClient(settings.mongodb_uri, tz_aware=True)
    return client.get_database(name, write_concern=WriteConcern(w="majority", j=True))


async def consume(settings: Settings, queue: str, handle: Handle) -> None:
    """Hand each event of a queue to `handle`, 50 at once, for ever; it is acked when that is done."""
    connection = await aio_pika.connect_robust(settings.amqp_uri)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=AT_ONCE)
    exchange = await channel.get_exchange(EXCHANGE, ensure=False)

    async def publish(event: Event) -> None:
        message = aio_pika.Message(
            encode(event), content_type=STRUCTURED, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        await exchange.publish(message, routing_key=event["type"])

    async def on_message(message: AbstractIncomingMessage) -> None:
        async with message.process():
            for event in decode(message.body, message.content_type):
                await handle(event, publish)

    await (await channel.get_queue(queue, ensure=False)).consume(on_message)
    await asyncio.Future()


async def save(document: Document, collection: AsyncCollection[Any]) -> bool:
    """Write a document unless somebody else did meanwhile; tell whether it was written."""
    if document["version"] == 1:
        try:
            await collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True
    replaced = await collection.replace_one(single.as_read(document), document)
    return replaced.matched_count == 1

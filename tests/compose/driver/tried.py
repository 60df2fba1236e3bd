"""Tries, with the credentials of each service, what each may be asked for; prints one JSON object a line:

{"server": ..., "user": ..., "what": ..., "on": ..., "done": true|false}. What is neither done nor refused is
an error.
"""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import amqp
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from wafa.contracts.envelope import EXCHANGE
from wafa.runtime.broker import connect
from wafa.runtime.topology import QUEUES
from wafa.services import PROCESSES, SERVICES

UNAUTHORIZED, WRONG_PASSWORD = 13, 18
DATABASES = tuple(f"wafa_{name}" for name in (*SERVICES, "gateway"))

Attempt = tuple[str, str, bool]


def main() -> None:
    for user in PROCESSES:
        tell("mongodb", user, in_mongodb(mongodb(user)))
        tell("rabbitmq", user, in_rabbitmq(lambda user=user: rabbitmq(user)))
    tell("mongodb", "backup", in_mongodb(mongodb("backup")))
    for user in ("publisher", "backup"):
        tell("rabbitmq", user, in_rabbitmq(lambda user=user: rabbitmq(user)))
    tell("mongodb", "nobody", in_mongodb("mongodb://mongodb:27017/"))
    with MongoClient(mongodb("loyalty", "wrong")) as client:
        tell(
            "mongodb",
            "a wrong password",
            [("read", "wafa_loyalty", allowed(client.wafa_loyalty.tried.find_one))],
        )
    for name, user, password in (("guest", "guest", "guest"), ("a wrong password", "loyalty", "wrong")):
        tell("rabbitmq", name, [("connect", "/", lets_in(lambda u=user, p=password: rabbitmq(u, p)))])


def mongodb(user: str, password: str | None = None) -> str:
    database = {"web": "wafa_gateway", "backup": "admin"}.get(user, f"wafa_{user}")
    return f"mongodb://{user}:{password or secret(user)}@mongodb:27017/?authSource={database}"


def rabbitmq(user: str, password: str | None = None) -> amqp.Connection:
    return connect(f"amqp://{user}:{password or secret(user)}@rabbitmq:5672/%2F", name="test")


def secret(user: str) -> str:
    return os.environ[f"{user.upper()}_PASSWORD"]


def in_mongodb(uri: str) -> Iterator[Attempt]:
    with MongoClient(uri, serverSelectionTimeoutMS=10_000) as client:
        for name in (*DATABASES, "admin"):
            # Nothing is in the collection, so that nothing changes where it is allowed.
            collection = client[name]["tried"]
            yield "read", name, allowed(collection.find_one)
            yield "write", name, allowed(lambda c=collection: c.delete_many({}))
        yield "list databases", "", allowed(client.list_database_names)


def allowed(act: Callable[[], Any]) -> bool:
    try:
        act()
    except OperationFailure as error:
        if error.code not in (UNAUTHORIZED, WRONG_PASSWORD):
            raise
        return False
    return True


def in_rabbitmq(open_connection: Callable[[], amqp.Connection]) -> Iterator[Attempt]:
    connection = open_connection()

    def may(act: Callable[[amqp.Channel], Any]) -> bool:
        channel = connection.channel()
        try:
            act(channel)
        except amqp.exceptions.AccessRefused:
            return False
        channel.close()
        return True

    for queue in QUEUES:
        # Unacknowledged: what it should get goes back with the channel.
        yield "read", queue, may(lambda channel, queue=queue: channel.basic_get(queue))
        yield "write", queue, may(lambda channel, queue=queue: unheard(channel, "", queue))
        yield "count", queue, may(lambda channel, queue=queue: channel.queue_declare(queue, passive=True))
    for kind in ("purchase.completed.v1", "customer.recognized.v1", "loyalty.member_updated.v1"):
        yield "publish", kind, may(lambda channel, kind=kind: unheard(channel, EXCHANGE, kind))
    connection.close()


def unheard(channel: amqp.Channel, exchange: str, key: str) -> None:
    """Publish what quarantine would get, and take it back: only whether it is allowed counts."""
    channel.tx_select()
    channel.basic_publish(amqp.Message("{}"), exchange, key)
    channel.tx_rollback()


def lets_in(open_connection: Callable[[], amqp.Connection]) -> bool:
    try:
        open_connection().close()
    except amqp.exceptions.AccessRefused:
        return False
    return True


def tell(server: str, user: str, attempts: Any) -> None:
    for what, on, done in attempts:
        print(json.dumps({"server": server, "user": user, "what": what, "on": on, "done": done}), flush=True)


if __name__ == "__main__":
    main()

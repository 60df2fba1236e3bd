"""Who they are: for each batch one find, one bulk write, the news, one update."""

import uuid
from typing import Any

from pymongo import InsertOne

from benchmarks.floor.bare import Outlet, answer
from services.customers.store import CustomerStore
from wafa.runtime.mongo import open_database
from wafa.runtime.settings import Settings

QUEUE = "floor.resolve"


def run(settings: Settings, shapes: dict[str, Any]) -> None:
    """Answer questions for ever."""
    database = open_database(settings.mongodb_uri, settings.database("customers"))
    CustomerStore(database).create_indexes()
    customers, outlet = database["customers"], Outlet(settings.amqp_uri)

    def resolve(references: list[dict[str, Any]]) -> list[str]:
        keys = [_key(one) for one in references]
        found = customers.find({"identifiers": {"$in": list(set(keys))}}, batch_size=len(keys) + 1)
        ids = {one["identifiers"][0]: one["_id"] for one in found}
        new = {key: str(uuid.uuid4()) for key in dict.fromkeys(keys) if key not in ids}
        if new:
            token = uuid.uuid4().hex
            writes = [
                InsertOne({**shapes["customer"], "_id": id, "identifiers": [key], "unpublished": token})
                for key, id in new.items()
            ]
            customers.bulk_write(writes, ordered=False)
            outlet.publish([_created(shapes["created"], id) for id in new.values()])
            customers.update_many({"unpublished": token}, {"$unset": {"unpublished": ""}})
        ids |= new
        return [ids[key] for key in keys]

    answer(settings.amqp_uri, QUEUE, resolve)


def _key(reference: dict[str, Any]) -> str:
    known_as = reference["customer"]["external_ids"][0]
    return f"ext:{known_as['system']}:{known_as['id']}"


def _created(shape: dict[str, Any], id: str) -> dict[str, Any]:
    return {**shape, "id": str(uuid.uuid4()), "subject": id, "data": {**shape["data"], "customer_id": id}}

"""The audience: for each batch one find, one bulk write, one insert of what is to be said."""

from typing import Any

from pymongo import InsertOne, ReplaceOne

from benchmarks.floor.bare import chunks
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.runtime.mongo import Document, open_database
from wafa.runtime.settings import Settings

NOTHING_YET = {"version": 0, "profile": {}, "member": {}}


def run(settings: Settings, shapes: dict[str, Any]) -> None:
    """Keep the audience for ever."""
    database = open_database(settings.mongodb_uri, settings.database("notifications"))
    NotificationsStore(database).create_indexes()
    audience, outreach = database["audience"], database["outreach"]
    for events in chunks(settings.amqp_uri, "wafa.notifications"):
        whom = list({event["data"]["customer_id"] for event in events})
        entries = {one["_id"]: one for one in audience.find({"_id": {"$in": whom}})}
        for id in whom:
            entries[id] = entries.get(id) or {**shapes["entry"], **NOTHING_YET, "_id": id}
            entries[id]["version"] += 1
        for event in events:
            _copy(shapes["entry"], event, entries[event["data"]["customer_id"]])
        audience.bulk_write([_write(entry) for entry in entries.values()], ordered=False)
        thanks = [event for event in events if event["type"] == "customer.recognized.v1"]
        if thanks:
            ids = [event["data"]["customer_id"] for event in thanks]
            rows = [{**shapes["outreach"], "_id": id, "customer_id": id} for id in ids]
            outreach.insert_many(rows, ordered=False)


def _copy(shape: Document, event: Event, entry: Document) -> None:
    if event["type"] == "customer.created.v1":
        entry["profile"] = shape["profile"]
    elif event["type"] == "loyalty.member_updated.v1":
        told = event["data"]
        figures = {name: told[name] for name in ("version", "purchase_count")}
        entry["member"] = {**shape["member"], **figures}


def _write(entry: Document) -> InsertOne[Document] | ReplaceOne[Document]:
    if entry["version"] == 1:
        return InsertOne(entry)
    return ReplaceOne({"_id": entry["_id"], "version": entry["version"] - 1}, entry)

"""What happened: for each batch one find, one call, one insert, the news."""

from typing import Any

from benchmarks.floor.bare import Call, Outlet, chunks
from benchmarks.floor.customers import QUEUE
from benchmarks.workload import cents
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import Event, event_key
from wafa.runtime.mongo import open_database
from wafa.runtime.settings import Settings


def run(settings: Settings, shapes: dict[str, Any]) -> None:
    """Record for ever."""
    database = open_database(settings.mongodb_uri, settings.database("interactions"))
    InteractionStore(database).create_indexes()
    records = database["interactions"]
    resolve, outlet = Call(settings.amqp_uri, QUEUE), Outlet(settings.amqp_uri)
    for events in chunks(settings.amqp_uri, "wafa.interactions"):
        keys = [event_key(event) for event in events]
        known = list(records.find({"_id": {"$in": keys}}))
        assert not known, "nothing is told twice here"
        ids = resolve([
            {"customer": event["data"]["customer"], "time": event["time"], "event": key}
            for event, key in zip(events, keys, strict=True)
        ])  # fmt: skip
        told = list(zip(events, keys, ids, strict=True))
        records.insert_many([_record(shapes["interaction"], *one) for one in told], ordered=False)
        outlet.publish([_recorded(shapes["recorded"], *one) for one in told])


def _record(shape: dict[str, Any], event: Event, key: str, customer_id: str) -> dict[str, Any]:
    money = {"minor": cents(event["data"]), "currency": "USD"}
    return {**shape, "_id": key, "customer_id": customer_id, "event_id": event["id"], "money": money}


def _recorded(shape: Event, event: Event, key: str, customer_id: str) -> Event:
    data = {**shape["data"], "interaction_id": key, "customer_id": customer_id, "time": event["time"]}
    data["data"] = {"purchase_id": event["data"]["purchase_id"], "total": event["data"]["total"]}
    ids = {"id": key, "causationid": event["id"], "correlationid": key, "subject": customer_id}
    return {**shape, **ids, "data": data}

"""Members and ledger: for each batch two finds, one bulk write, the news, one insert."""

import uuid
from collections import defaultdict
from typing import Any

from pymongo import InsertOne, ReplaceOne

from benchmarks.floor.bare import Outlet, chunks
from benchmarks.workload import cents
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event
from wafa.runtime.mongo import Document, open_database
from wafa.runtime.settings import Settings


def run(settings: Settings, shapes: dict[str, Any]) -> None:
    """Keep members for ever."""
    database = open_database(settings.mongodb_uri, settings.database("loyalty"))
    LoyaltyStore(database).create_indexes()
    members, ledger, outlet = database["members"], database["ledger"], Outlet(settings.amqp_uri)
    owed = 0.0
    for events in chunks(settings.amqp_uri, "wafa.loyalty"):
        by_customer: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_customer[event["data"]["customer_id"]].append(event)
        before = {one["_id"]: one for one in members.find({"_id": {"$in": list(by_customer)}})}
        keys = [event["data"]["interaction_id"] for event in events]
        keys += [pending["key"] for one in before.values() for pending in one["pending"]]
        known = {one["_id"] for one in ledger.find({"_id": {"$in": keys}}, {"_id": 1})}
        assert known.isdisjoint(keys[: len(events)]), "nothing is told twice here"
        after, news = [], []
        for customer_id, told in by_customer.items():
            member, came_back = _after(before.get(customer_id) or _new(shapes["member"], customer_id), told)
            after.append(member)
            news.append(_updated(shapes["member_updated"], member))
            if came_back:
                news.append(_news(shapes["recognized"], customer_id))
        members.bulk_write([_write(one) for one in after], ordered=False)
        owed += shapes["follow_ups_per_event"] * len(events)
        news += [_news(shapes["follow_up"], events[0]["data"]["customer_id"])] * int(owed)
        owed -= int(owed)
        outlet.publish(news)
        ledger.insert_many([_row(shapes["row"], event) for event in events], ordered=False)


def _new(shape: Document, customer_id: str) -> Document:
    state = {**shape["state"], "purchase_count": 0, "purchase_days": 0, "last_day": ""}
    return {**shape, "_id": customer_id, "version": 0, "spend": 0, "state": state}


def _after(member: Document, told: list[Event]) -> tuple[Document, bool]:
    """Count what the totals are checked by; everything else stays as in the template."""
    state, came_back = member["state"], False
    for event in told:
        day = event["data"]["time"][:10]
        if day != state["last_day"]:
            state["last_day"] = day
            state["purchase_days"] += 1
            came_back = came_back or state["purchase_days"] == 2
        state["purchase_count"] += 1
        member["spend"] += cents(event["data"]["data"])
    member["version"] += 1
    member["pending"][-1]["key"] = told[-1]["data"]["interaction_id"]
    return member, came_back


def _write(member: Document) -> InsertOne[Document] | ReplaceOne[Document]:
    if member["version"] == 1:
        return InsertOne(member)
    return ReplaceOne({"_id": member["_id"], "version": member["version"] - 1}, member)


def _row(shape: Document, event: Event) -> Document:
    data = event["data"]
    fact = {**shape["fact"], "key": data["interaction_id"], "amount": cents(data["data"])}
    return {**shape, "_id": data["interaction_id"], "customer_id": data["customer_id"], "fact": fact}


def _updated(shape: Event, member: Document) -> Event:
    data = {**shape["data"], "customer_id": member["_id"], "version": member["version"]}
    data["purchase_count"] = member["state"]["purchase_count"]
    return {**shape, "id": str(uuid.uuid4()), "subject": member["_id"], "data": data}


def _news(shape: Event, customer_id: str) -> Event:
    return {**shape, "subject": customer_id, "data": {**shape["data"], "customer_id": customer_id}}

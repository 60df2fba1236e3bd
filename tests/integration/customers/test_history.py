"""What holds of all that was told of customers can be told again, page by page, under the same ids."""

from services.customers import handlers
from services.customers.history import history
from services.customers.store import CustomerStore
from tests.integration.customers.parts import LATER, NOW, Broker, reference
from tests.integration.customers.test_changing import Worker


def told_again(store: CustomerStore) -> list[dict]:
    told, after = [], None
    while True:
        page = history(store, after, 2)
        told += page["events"]
        after = page["next"]
        if after is None:
            return told


def test_the_history_is_the_last_word_on_everybody(store: CustomerStore, broker: Broker) -> None:
    people = [reference(email=f"{number}@example.com", name=f"customer {number}") for number in range(7)]
    ids = [one["customer_id"] for one in handlers.resolve(people, store, broker.publish, NOW)]
    worker = Worker(store, broker)
    worker.do("merge", ids[0], ids[1])
    worker.do("merge", ids[2], ids[3])
    worker.do("unmerge", ids[2])
    worker.do("erase", ids[4])
    # Who was separated has changed since: that they were is still told.
    handlers.resolve([reference(email="2@example.com", phone="+966501234567")], store, broker.publish, LATER)

    published = {event["id"]: event for event in broker.events}
    again = {event["id"]: event for event in told_again(store)}
    assert again.keys() <= published.keys()
    [separated] = [event for event in again.values() if event["type"] == "customer.unmerged.v1"]
    assert separated["data"] == published[separated["id"]]["data"]
    others = [event for event in again.values() if event is not separated]
    assert all(event == published[event["id"]] for event in others)
    assert {(event["type"], event["subject"]) for event in others} == {
        ("customer.merged.v1", ids[0]),
        ("customer.updated.v1", ids[1]),
        ("customer.updated.v1", ids[2]),
        ("customer.updated.v1", ids[3]),
        ("customer.erased.v1", ids[4]),
        ("customer.created.v1", ids[5]),
        ("customer.created.v1", ids[6]),
    }
    assert all(
        event["data"]["version"] == max(v for who, v in versions(broker) if who == event["subject"])
        for event in others
        if event["type"] in ("customer.updated.v1", "customer.created.v1")
    )


def versions(broker: Broker) -> set[tuple[str, int]]:
    return {(one["subject"], one["data"]["version"]) for one in broker.events if "version" in one["data"]}

"""What Wafa has arrived at, asked of its services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wafa.runtime.client import Client

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Observed:
    """The figures of the services, to be compared with `Expected`."""

    records: int
    minor: int
    members: dict[str, dict[str, Any]]
    summary: dict[str, Any]
    outreach: dict[str, Any]
    recognition: dict[str, Any]
    rejected: dict[str, int]


def observe(services: Client, ids: dict[str, str]) -> Observed:
    """Ask for everything; `ids` gives the customer id of each customer of the file."""
    customers = {customer_id: customer for customer, customer_id in ids.items()}
    totals = [
        one for one in services.call("interactions", "totals") if one["type"] == "purchase.completed.v1"
    ]
    return Observed(
        records=sum(one["records"] for one in totals),
        minor=sum(one["minor"] for one in totals),
        members={
            customers[one["customer_id"]]: one
            for one in all_members(services)
            if one["customer_id"] in customers
        },
        summary=services.call("loyalty", "summary"),
        outreach=services.call("notifications", "counts"),
        recognition=services.call("notifications", "counts", "recognition"),
        rejected=services.call("interactions", "rejected")["open"],
    )


def all_members(services: Client) -> Iterator[dict[str, Any]]:
    """Yield every member of the loyalty service, by the page."""
    after = None
    while True:
        page = services.call("loyalty", "members", after, PAGE)
        yield from page["members"]
        after = page["next"]
        if after is None:
            return


def customer_ids(services: Client, customers: Sequence[str], name: str, time: str) -> dict[str, str]:
    """Return Wafa's id of each customer of the file."""
    ids: dict[str, str] = {}
    for start in range(0, len(customers), PAGE):
        part = customers[start : start + PAGE]
        references = [
            {"customer": {"external_ids": [{"system": name, "id": one}]}, "time": time} for one in part
        ]
        answers = services.call("customers", "resolve", references)
        ids.update((one, answer["customer_id"]) for one, answer in zip(part, answers, strict=True))
    return ids

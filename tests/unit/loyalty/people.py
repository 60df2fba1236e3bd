"""What happens to several customers, as the events that loyalty takes in: facts, merges, un-merges."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.loyalty import handlers
from services.loyalty.domain.program import Program
from wafa.contracts.envelope import Event, make_event
from wafa.contracts.times import format_time

from .histories import EPOCH, amounts, times

#: When events arrive: after all that they tell of.
NOW = EPOCH + timedelta(days=1300)
IDS = ("a", "b", "c", "d")


class Bus(list[Event]):
    """Keeps what was published."""

    def __call__(self, events: list[Event]) -> None:
        self.extend(events)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self if event["type"] == kind]


def recorded(customer_id: str, kind: str, key: str, time: datetime, purchase: str, amount: int) -> Event:
    what = {"purchase_id": purchase, "total": {"amount": f"{amount / 100:.2f}", "currency": "USD"}}
    data = {
        "interaction_id": key,
        "customer_id": customer_id,
        "type": kind,
        "time": format_time(time),
        "source": "/till/1",
        "data": what,
    }
    return make_event("interaction.recorded.v1", source="/wafa/interactions", id=key, time=time, data=data)


def granted(customer_id: str, key: str, time: datetime, grant: str, points: int) -> Event:
    event = recorded(customer_id, "points.granted.v1", key, time, grant, 0)
    event["data"]["data"] = {"grant_id": grant, "points": points, "reason": f"Sorry, {customer_id}"}
    return event


def merged(alias: str, into: str, version: int) -> Event:
    return _pointed("customer.merged.v1", alias, into, version)


def unmerged(alias: str, into: str, version: int) -> Event:
    return _pointed("customer.unmerged.v1", alias, into, version)


def erased(customer_id: str, change_id: str = "e1") -> Event:
    data = {"customer_id": customer_id, "change_id": change_id}
    return make_event(
        "customer.erased.v1", source="/wafa/customers", id=f"{change_id} {customer_id}", time=NOW, data=data
    )


def _pointed(kind: str, alias: str, into: str, version: int) -> Event:
    change_id = f"{alias} {version}"
    data = {"from": alias, "into": into, "version": version, "change_id": change_id}
    return make_event(kind, source="/wafa/customers", id=change_id, time=NOW, data=data)


@dataclass(frozen=True)
class Story:
    """Facts, and the merges and un-merges that leave `roots`: customer -> who they are in the end."""

    facts: list[Event]
    changes: list[Event]
    roots: dict[str, str]


@st.composite
def recordings(draw: st.DrawFn, most: int = 8) -> list[Event]:
    """Purchases, returns and grants of several customers; some returns are of what comes later, or never."""
    found = []
    for number in range(draw(st.integers(1, most))):
        key, who, time = f"k{number}", draw(st.sampled_from(IDS)), draw(times)
        kind = draw(st.sampled_from(["purchase.completed.v1"] * 3 + ["purchase.returned.v1", "grant"]))
        if kind == "grant":
            grant = f"g{draw(st.integers(0, 2))}"
            found.append(granted(who, key, time, grant, draw(st.integers(1, 400))))
        else:
            found.append(recorded(who, kind, key, time, f"p{draw(st.integers(0, 3))}", draw(amounts)))
    return found


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Facts, and merges and un-merges as the customers service would decide on them, one after the other."""
    into: dict[str, str] = {}
    versions = dict.fromkeys(IDS, 0)
    changes = []

    def root(customer_id: str) -> str:
        return root(into[customer_id]) if customer_id in into else customer_id

    for _ in range(draw(st.integers(0, 5))):
        customer_id = draw(st.sampled_from(IDS))
        versions[customer_id] += 1
        if customer_id in into:
            changes.append(unmerged(customer_id, into.pop(customer_id), versions[customer_id]))
            continue
        others = [one for one in IDS if root(one) == one != customer_id]
        if others:
            into[customer_id] = draw(st.sampled_from(others))
            changes.append(merged(customer_id, into[customer_id], versions[customer_id]))
    return Story(draw(recordings()), changes, {one: root(one) for one in IDS})


def take_in(store: Any, bus: Bus, by: Program, *events: Event, now: datetime = NOW) -> None:
    assert handlers.take_in(events, store, bus, by, now) == []

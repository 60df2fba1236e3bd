"""A store in memory that keeps the promises of the real one, and a broker that can fail."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from services.customers.domain.change import PUBLISHED, REQUESTED, WITHDRAWN, Change
from services.customers.domain.customer import Customer


class FakeStore:
    """Customers in a dict: versions guard writes, and an identifier has one holder."""

    def __init__(self) -> None:
        self.filed: dict[str, str] = {}
        self.customers: dict[str, Customer] = {}
        self.turn: Change | None = None
        self.journal: dict[str, Change] = {}
        self.buried: dict[str, datetime] = {}
        self.writes = 0
        self.before_write: Callable[[], None] = lambda: None

    def receipts(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: self.filed[key] for key in keys if key in self.filed}

    def file_receipts(self, digests: Mapping[str, str]) -> None:
        self.filed = {**digests, **self.filed}

    def find(self, keys: Collection[str], ids: Collection[str] = ()) -> dict[str, Customer]:
        known = {
            one.customer_id: one
            for one in self.customers.values()
            if not set(keys).isdisjoint(one.identifiers)
        }
        known |= {id: self.customers[id] for id in ids if id in self.customers}
        while missing := {one.merged_into for one in known.values() if one.merged_into} - known.keys():
            known |= {id: self.customers[id] for id in missing}
        return known

    def aliases(self, customer_id: str) -> list[Customer]:
        direct = [one for one in self.customers.values() if one.merged_into == customer_id]
        return direct + [further for one in direct for further in self.aliases(one.customer_id)]

    def erased_at(self, keys: Iterable[str]) -> dict[str, datetime]:
        return {key: self.buried[key] for key in keys if key in self.buried}

    def remember_erased(self, keys: Iterable[str], at: datetime) -> None:
        self.buried |= {key: max(at, self.buried.get(key, at)) for key in keys}

    def bury(self, tombstones: Iterable[Customer]) -> None:
        for one in tombstones:
            self.customers[one.customer_id] = one

    def take_turn(self, change: Change) -> bool:
        if self.turn is not None:
            return False
        self.turn = change
        return True

    def underway(self) -> Change | None:
        return self.turn

    def enter(self, change: Change) -> None:
        self.journal.setdefault(change.change_id, change)

    def name_customers(self, change_id: str, customer_ids: Sequence[str]) -> None:
        self.journal[change_id] = replace(self.journal[change_id], customer_ids=tuple(customer_ids))

    def withdraw(self, change_id: str) -> None:
        self._end_turn(change_id, state=WITHDRAWN)

    def close_change(self, change_id: str, now: datetime) -> None:
        self._end_turn(change_id, state=PUBLISHED, published_at=now)

    def _end_turn(self, change_id: str, **fields) -> None:
        if self.journal[change_id].state == REQUESTED:
            self.journal[change_id] = replace(self.journal[change_id], **fields)
        if self.turn and self.turn.change_id == change_id:
            self.turn = None

    def confirm(self, change_id: str, service: str, at: datetime) -> None:
        known = self.journal[change_id]
        self.journal[change_id] = replace(known, confirmed={service: at, **known.confirmed})

    def changes(self, change_ids: Iterable[str]) -> dict[str, Change]:
        return {id: self.journal[id] for id in change_ids if id in self.journal}

    def write(self, customers: Sequence[Customer]) -> set[str]:
        self.before_write()
        self.writes += 1
        return {one.customer_id for one in customers if not self._write(one)}

    def set_published(self, token: str) -> None:
        for one in self.customers.values():
            if one.unpublished == token:
                self._clear(one)

    def left_unpublished(self, before: str, limit: int) -> list[Customer]:
        left = [one for one in self.customers.values() if one.unpublished and one.unpublished < before]
        return sorted(left, key=lambda one: one.unpublished or "")[:limit]

    def set_swept(self, customers: Iterable[Customer]) -> None:
        for one in customers:
            if self.customers[one.customer_id].version == one.version:
                self._clear(one)

    def _write(self, customer: Customer) -> bool:
        stored = self.customers.get(customer.customer_id)
        if (stored.version if stored else 0) != customer.version - 1:
            return False
        others = (one for id, one in self.customers.items() if id != customer.customer_id)
        if any(not set(customer.identifiers).isdisjoint(one.identifiers) for one in others):
            return False
        self.customers[customer.customer_id] = customer
        return True

    def _clear(self, customer: Customer) -> None:
        self.customers[customer.customer_id] = replace(customer, unpublished=None)


class FakeBroker:
    """Keeps what was published; `fails` makes the next call fail before anything is out."""

    def __init__(self) -> None:
        self.events: list[dict] = []
        self.fails = False

    def publish(self, events: Sequence[dict]) -> None:
        if self.fails and events:
            self.fails = False
            raise ConnectionError("the broker is away")
        self.events += events

    def versions(self) -> set[tuple[str, int]]:
        return {(event["data"]["customer_id"], event["data"]["version"]) for event in self.events}


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture(scope="session")
def new_world() -> Callable[[], tuple[FakeStore, FakeBroker]]:
    """A new store and broker for every example of a property."""
    return lambda: (FakeStore(), FakeBroker())

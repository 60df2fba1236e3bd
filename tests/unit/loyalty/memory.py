"""A store in memory with the promises of `LoyaltyStore`: what is read is a copy, writes are guarded."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


class MemoryStore:
    """Members and ledger rows; `documents` and `rows` are open to tests."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.rows: dict[str, Document] = {}
        self._swept = datetime.fromtimestamp(0, UTC)

    def members(self, ids: Iterable[str]) -> dict[str, Document]:
        return {one: deepcopy(self.documents[one]) for one in set(ids) if one in self.documents}

    def pointing_to(self, ids: Iterable[str]) -> list[Document]:
        wanted = set(ids)
        return [deepcopy(one) for one in self._all() if one.get("merged", {}).get("into") in wanted]

    def receipts(self, keys: Iterable[str]) -> Collection[str]:
        return {key for key in keys if key in self.rows}

    def ledger(self, customer_ids: Iterable[str]) -> dict[str, list[Document]]:
        wanted = set(customer_ids)
        rows: dict[str, list[Document]] = {one: [] for one in wanted}
        for row in self.rows.values():
            if row["customer_id"] in wanted:
                rows[row["customer_id"]].append(deepcopy(row))
        return rows

    def save(self, members: Sequence[Document]) -> set[str]:
        moved = set()
        for member in members:
            if self.documents.get(member["_id"], {"version": 0})["version"] != member["version"] - 1:
                moved.add(member["_id"])
            else:
                self.documents[member["_id"]] = deepcopy(member)
        return moved

    def file(self, rows: Sequence[Document]) -> None:
        for row in rows:
            self.rows.setdefault(row["_id"], deepcopy(row))

    def drop_pending(self, members: Sequence[Document]) -> None:
        for member in members:
            document = self.documents[member["_id"]]
            if document["version"] == member["version"]:
                document["pending"] = []
                document.pop("pending_since", None)
                document.pop("unsettled_since", None)

    def waking(self, now: datetime, limit: int) -> list[Document]:
        found = [one for one in self._all() if "wakes_at" in one and one["wakes_at"] <= now]
        return deepcopy(sorted(found, key=lambda one: one["wakes_at"])[:limit])

    def pending_between(self, after: datetime, upto: datetime) -> Iterator[Document]:
        found = [one for one in self._all() if after < one.get("pending_since", after) <= upto]
        return iter(deepcopy(sorted(found, key=lambda one: one["pending_since"])))

    def unsettled(self, upto: datetime) -> Iterator[Document]:
        found = [one for one in self._all() if "unsettled_since" in one and one["unsettled_since"] <= upto]
        return iter(deepcopy(sorted(found, key=lambda one: one["unsettled_since"])))

    def swept_upto(self) -> datetime:
        return self._swept

    def note_swept(self, upto: datetime) -> None:
        self._swept = max(self._swept, upto)

    def _all(self) -> list[Document]:
        return list(self.documents.values())

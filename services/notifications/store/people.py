"""The audience: one entry a customer."""

from collections.abc import Iterable

from pymongo.database import Database

from services.notifications.documents import Damaged, document_of, entry_of
from services.notifications.domain.audience import Entry
from services.notifications.store.part import Part
from wafa.runtime.mongo import Document, by_id, replace_guarded


class People(Part):
    """Audience entries, read and written by the batch."""

    def __init__(self, database: Database[Document], collection: str = "audience") -> None:
        super().__init__(database)
        self._audience = database[collection]

    def entries(self, customer_ids: Iterable[str]) -> dict[str, Entry]:
        """Return the entries of customers and of whoever they were merged into, as far as there are any.

        One more round trip for each link of the longest chain of merges.

        Raises:
            Damaged: one of them cannot be read.
        """
        found, damaged = self.readable_entries(customer_ids)
        if damaged:
            raise Damaged(f"audience entry {min(damaged)}: {damaged[min(damaged)]}")
        return found

    def readable_entries(
        self, customer_ids: Iterable[str], *, with_aliases: bool = False
    ) -> tuple[dict[str, Entry], dict[str, str]]:
        """Return entries as `entries` does, and of each that cannot be read, why not.

        With `with_aliases` also the entries of everyone who was merged into one of these.
        """
        found: dict[str, Entry] = {}
        damaged: dict[str, str] = {}
        asked: set[str] = set()
        wanted = set(customer_ids)
        while wanted:
            asked |= wanted
            for customer_id, document in by_id(self._audience, wanted).items():
                try:
                    found[customer_id] = entry_of(document)
                except Damaged as error:
                    damaged[customer_id] = str(error)
            wanted = {entry.alias_of for entry in found.values() if entry.alias_of}
            if with_aliases:
                wanted.update(alias for entry in found.values() for alias in entry.aliases)
            wanted -= asked
        return found, damaged

    def erased(self, customer_ids: Iterable[str]) -> set[str]:
        """Return those of these ids whose customer was erased."""
        wanted: Document = {"_id": {"$in": [*customer_ids]}, "erased": True}
        return {found["_id"] for found in self._audience.find(wanted, {"_id": 1})}

    def versions(self, customer_ids: Iterable[str]) -> dict[str, int]:
        """Return how often the entries of customers were written, of those who have one."""
        found = self._audience.find({"_id": {"$in": [*customer_ids]}}, {"version": 1})
        return {one["_id"]: one.get("version", 0) for one in found}

    def save(self, entries: Iterable[Entry]) -> set[str]:
        """Write entries as the next version; return the ids of those that somebody else wrote meanwhile."""
        documents = [document_of(entry) for entry in entries]
        for document in documents:
            document["version"] += 1
        return replace_guarded(self._audience, documents)

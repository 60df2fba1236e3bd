"""Where what was learnt of articles is kept: by version, of which one is in force."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter

from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.database import Database

from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document

_IN_FORCE = "in force"
_AT_A_TIME = 500
# What came of erased customers leads back to nobody, not even to one another: it is no history.
_BASKETS: Document = {"fact.kind": {"$in": ["purchase", "return"]}, "fact.purchase": {"$ne": "erased"}}


class OfferStore:
    """Articles and categories (of a version), and which version is in force."""

    def __init__(self, database: Database[Document]) -> None:
        self._ledger = database["ledger"]
        self._learnt = database["offers"]
        self._articles = database["offer_articles"]
        self._categories = database["offer_categories"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing."""
        of_a_category = [("version", ASCENDING), ("category", ASCENDING), ("baskets", DESCENDING)]
        create_index(self._articles, of_a_category, name="of_a_category")
        create_index(self._categories, [("version", ASCENDING)], name="version")

    def facts(self) -> Iterator[list[Document]]:
        """Yield the purchases and returns of each customer in the ledger, one customer after the other.

        What came under another id of the same person counts as another customer's.
        """
        rows = self._ledger.find(_BASKETS, {"customer_id": 1, "fact": 1}).sort("customer_id", ASCENDING)
        for _, several in groupby(rows, key=itemgetter("customer_id")):
            yield [row["fact"] for row in several]

    def in_force(self) -> Document | None:
        """Return what holds for all articles of the version in force, None before the first."""
        return self._learnt.find_one({"_id": _IN_FORCE})

    def publish(
        self, version: str, summary: Document, articles: Iterable[Document], categories: Iterable[Document]
    ) -> None:
        """Keep a version, then put it in force. The one before stays for who is just reading it.

        `version` sorts by time. A job that dies in between leaves what the next one removes.
        """
        for collection, documents, name in (
            (self._articles, articles, "sku"),
            (self._categories, categories, "name"),
        ):
            for several in _batched(documents):
                writes = [
                    ReplaceOne({"_id": f"{version} {one[name]}"}, {"version": version, **one}, upsert=True)
                    for one in several
                ]
                collection.bulk_write(writes, ordered=False)
        before = (self.in_force() or {}).get("version", version)
        self._learnt.replace_one({"_id": _IN_FORCE}, {"version": version, **summary}, upsert=True)
        for collection in (self._articles, self._categories):
            collection.delete_many({"version": {"$lt": min(before, version)}})

    def articles(self, version: str, skus: Iterable[str], *, whole: bool = True) -> list[Document]:
        """Return what is known of these articles; without their neighbours unless `whole`."""
        wanted = {"_id": {"$in": [f"{version} {sku}" for sku in skus]}}
        return list(self._articles.find(wanted, None if whole else {"neighbours": 0}))

    def of_category(self, version: str, category: str, limit: int) -> list[Document]:
        """Return the articles of a category that were in the most baskets."""
        wanted = {"version": version, "category": category}
        return list(self._articles.find(wanted).sort("baskets", DESCENDING).limit(limit))

    def categories(self, version: str) -> list[Document]:
        """Return all categories."""
        return list(self._categories.find({"version": version}))


def _batched(documents: Iterable[Document]) -> Iterator[list[Document]]:
    left = iter(documents)
    while several := list(islice(left, _AT_A_TIME)):
        yield several

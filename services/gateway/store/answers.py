"""Answers that are kept, so that a request which comes again has its effect once."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.gateway.store.part import Part
from wafa.runtime.mongo import Document, insert_new

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: The families of doors whose answers may say something of a person.
ABOUT_PEOPLE = ("calls", "cases", "customers", "identity", "members")


class AnswerRecords(Part):
    """Claims to answer a request, and the answers: `{_id, request, token, at, answer?}`."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._answers = database["answers"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        self._answers.create_index([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))

    def claim_answer(self, claim: Document, counts: Callable[[Document], bool]) -> Document | None:
        """Keep a claim, or return the one that stands before it.

        Args:
            claim: `_id` names the request, `token` is whoever answers it.
            counts: tells of a claim that is there whether it still counts; otherwise ours takes its place.
        """
        while insert_new(self._answers, [claim]):
            found = self._answers.find_one({"_id": claim["_id"]})
            if found is None:
                continue  # given up meanwhile
            if counts(found):
                return found
            if self._answers.replace_one({"_id": found["_id"], "token": found["token"]}, claim).matched_count:
                break
        return None

    def keep_answer(self, claim: Document, answer: dict[str, Any]) -> None:
        """Keep the answer to a claim, unless somebody else has taken it over."""
        mine = {"_id": claim["_id"], "token": claim["token"]}
        self._answers.update_one(mine, {"$set": {"answer": answer}})

    def give_up_answer(self, claim: Document) -> None:
        """Let whoever comes next answer."""
        self._answers.delete_one({"_id": claim["_id"], "token": claim["token"]})

    def forget_answers(self, customer_ids: Collection[str]) -> None:
        """Remove answers that name one of these customers, who were erased."""
        doors = rf"^[^ ]+ ({'|'.join(ABOUT_PEOPLE)})\."
        kept = self._answers.find({"_id": {"$regex": doors}, "answer": {"$exists": True}}, {"answer.body": 1})
        names = [one.encode() for one in customer_ids]
        gone = [one["_id"] for one in kept if any(name in one["answer"]["body"] for name in names)]
        if gone:
            self._answers.delete_many({"_id": {"$in": gone}})

"""Answers that are kept, so that a request which comes again has its effect once."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.gateway.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, insert_new

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: The families of doors whose answers say nothing of a person. All others are looked through when somebody
#: is erased.
ABOUT_NOBODY = ("events",)


class AnswerRecords(Part):
    """Claims to answer a request, and the answers: `{_id, request, token, makes, at, answer?, given_up?}`."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._answers = database["answers"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        create_index(self._answers, [("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))

    def claim_answer(self, claim: Document, counts: Callable[[Document], bool]) -> Document | None:
        """Keep a claim, or return the one that stands before it.

        Args:
            claim: `_id` names the request, `token` is whoever answers it. `makes` becomes that of the claim
                whose place it takes, if that was for the same request.
            counts: tells of a claim that is there whether it still counts; otherwise ours takes its place.
        """
        while insert_new(self._answers, [claim]):
            found = self._answers.find_one({"_id": claim["_id"]})
            if found is None:
                continue  # forgotten meanwhile
            if counts(found) and "given_up" not in found:
                return found
            if (found["request"], "makes" in found) == (claim["request"], True):
                claim["makes"] = found["makes"]
            # It may be renewed meanwhile.
            lapsed = {name: found[name] for name in ("_id", "token", "at")}
            if self._answers.replace_one(lapsed, claim).matched_count:
                break
        return None

    def keep_answer(self, claim: Document, answer: dict[str, Any]) -> None:
        """Keep the answer to a claim, unless somebody else has taken it over."""
        mine = {"_id": claim["_id"], "token": claim["token"]}
        self._answers.update_one(mine, {"$set": {"answer": answer}})

    def give_up_answer(self, claim: Document) -> None:
        """Let whoever comes next answer."""
        mine = {"_id": claim["_id"], "token": claim["token"]}
        self._answers.update_one(mine, {"$set": {"given_up": True}})

    def renew_claims(self, claims: Collection[Document], at: datetime) -> None:
        """Let these claims count from a moment on, as far as they are still theirs."""
        names, tokens = ([one[field] for one in claims] for field in ("_id", "token"))
        mine = {"_id": {"$in": names}, "token": {"$in": tokens}}
        self._answers.update_many(mine, {"$set": {"at": at}})

    def forget_answers(self, customer_ids: Collection[str]) -> None:
        """Remove answers that name one of these customers, who were erased."""
        others = rf"^[^ ]+ ({'|'.join(ABOUT_NOBODY)})\."
        wanted = {"_id": {"$not": {"$regex": others}}, "answer.body": {"$exists": True}}
        kept = self._answers.find(wanted, {"answer.body": 1})
        names = [one.encode() for one in customer_ids]
        gone = [one["_id"] for one in kept if any(name in one["answer"]["body"] for name in names)]
        if gone:
            self._answers.delete_many({"_id": {"$in": gone}})

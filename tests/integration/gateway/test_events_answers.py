"""Answers in MongoDB: of many who claim a request one gets it, and none is waited for in vain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pymongo.database import Database

from services.gateway.store import GatewayStore
from services.gateway.store.answers import KEPT
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document


@pytest.fixture
def store(database: Database) -> GatewayStore:
    store = GatewayStore(database)
    store.create_indexes()
    return store


def claim(token: str, name: str = "key1 things order-1") -> Document:
    return {"_id": name, "request": "digest", "token": token, "makes": f"by {token}", "at": now()}


def always(_: Document) -> bool:
    return True


def never(_: Document) -> bool:
    return False


@pytest.mark.parametrize("there_was", [None, "dead"])
def test_of_many_who_claim_at_once_one_gets_it(store: GatewayStore, there_was: str | None) -> None:
    if there_was:
        store.claim_answer(claim(there_was), always)

    def try_it(number: int) -> Document | None:
        return store.claim_answer(claim(f"{number}"), lambda found: found["token"] != there_was)

    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(try_it, range(8))]

    assert found.count(None) == 1
    assert {one["token"] for one in found if one} == {f"{found.index(None)}"}


def test_the_answer_is_there_for_whoever_comes_next(store: GatewayStore) -> None:
    mine = claim("first")
    store.claim_answer(mine, always)
    store.keep_answer(mine, {"status": 202, "headers": {}, "body": "مرحبا".encode()})

    found = store.claim_answer(claim("second"), always)

    assert found is not None
    assert found["answer"] == {"status": 202, "headers": {}, "body": "مرحبا".encode()}


def test_who_was_taken_for_dead_does_not_overwrite_who_took_over(store: GatewayStore) -> None:
    slow, other = claim("slow"), claim("other")
    store.claim_answer(slow, always)
    assert store.claim_answer(other, never) is None
    store.keep_answer(slow, {"status": 500})
    store.give_up_answer(slow)

    found = store.claim_answer(claim("third"), always)

    assert found is not None
    assert (found["token"], found.get("answer")) == ("other", None)


def test_what_was_given_up_is_free(store: GatewayStore) -> None:
    mine = claim("first")
    store.claim_answer(mine, always)
    store.give_up_answer(mine)

    assert store.claim_answer(claim("second"), always) is None


@pytest.mark.parametrize("dies", [True, False])
def test_whoever_tries_again_makes_the_same_thing_and_for_another_request_another_one(
    store: GatewayStore, dies: bool
) -> None:
    first, second, other = claim("first"), claim("second"), claim("other") | {"request": "another"}
    store.claim_answer(first, always)
    if not dies:
        store.give_up_answer(first)

    assert store.claim_answer(second, never if dies else always) is None
    assert second["makes"] == "by first"
    assert store.claim_answer(other, never) is None
    assert other["makes"] == "by other"


def test_the_database_forgets_answers_by_itself(store: GatewayStore, database: Database) -> None:
    lifetimes = [one.get("expireAfterSeconds") for one in database["answers"].index_information().values()]

    assert timedelta(seconds=max(filter(None, lifetimes))) == KEPT

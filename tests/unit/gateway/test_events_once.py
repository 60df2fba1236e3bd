"""A request that is sent again has its effect once, whatever became of the first answer."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, g
from flask.testing import FlaskClient
from pymongo.errors import AutoReconnect
from werkzeug.test import TestResponse

from services.gateway.idempotency import once
from services.gateway.idempotency.claims import ABANDONED, RENEWED_EVERY, Claims
from services.gateway.idempotency.once import answered_once
from services.gateway.means import EXTENSION
from services.gateway.refusals import Refusal, answer_in_our_shape, invalid
from services.gateway.serving.flushing import Flusher
from services.gateway.store.answers import KEPT
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document


class Answers:
    """The store, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Document] = {}
        self.away = False

    def claim_answer(self, claim: Document, counts: Callable[[Document], bool]) -> Document | None:
        found = self.kept.get(claim["_id"])
        if found and counts(found):
            return found
        self.kept[claim["_id"]] = claim
        return None

    def keep_answer(self, claim: Document, answer: dict[str, Any]) -> None:
        if self.away:
            raise AutoReconnect("away")
        self.kept[claim["_id"]] = claim | {"answer": answer}

    def give_up_answer(self, claim: Document) -> None:
        del self.kept[claim["_id"]]

    def renew_claims(self, claims: Collection[Document], at: datetime) -> None:
        for claim in claims:
            self.kept[claim["_id"]]["at"] = at


class Door:
    """A door of somebody's, who answers as told and counts."""

    def __init__(self, client: FlaskClient, answers: Answers) -> None:
        self.client, self.answers = client, answers
        self.asked = 0
        self.answer: Any = Response('{"done": true}', 201, {"Location": "/1"}, mimetype="application/json")
        self.prefix = "key1"
        self.secret = False

    def view(self) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def post(self, body: str = "{}", *, name: str | None = "order-1", path: str = "/a") -> TestResponse:
        headers = {} if name is None else {"Idempotency-Key": name}
        return self.client.post(path, data=body, headers=headers)


@pytest.fixture
def door() -> Door:
    app = Flask("test")
    answers = Answers()
    app.extensions[EXTENSION] = SimpleNamespace(store=answers, claims=Claims(answers, now))
    answer_in_our_shape(app)
    door = Door(app.test_client(), answers)

    def enter(where: str) -> Any:
        g.key = SimpleNamespace(prefix=door.prefix)
        return answered_once("things.make", door.view, secret=door.secret)

    app.add_url_rule("/<where>", view_func=enter, methods=["POST"])
    return door


def code(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["code"])


def test_the_answer_of_the_first_time_is_given_again(door: Door) -> None:
    first, second = door.post(), door.post()

    assert door.asked == 1
    assert (second.status, second.data, second.content_type) == (first.status, first.data, first.content_type)
    assert second.headers["Location"] == "/1"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("other", [{"body": "[]"}, {"path": "/b"}, {"path": "/a?x=1"}])
def test_the_same_name_for_another_request_is_refused(door: Door, other: dict[str, str]) -> None:
    door.post()

    answer = door.post(**other)

    assert (answer.status_code, code(answer), door.asked) == (422, "idempotency_key_reused", 1)


def test_each_key_has_names_of_its_own(door: Door) -> None:
    door.post()
    door.prefix = "key2"

    assert "Idempotent-Replayed" not in door.post().headers
    assert door.asked == 2


def test_while_the_first_is_being_answered_the_second_is_to_wait(door: Door) -> None:
    seconds: list[TestResponse] = []
    door.view = lambda: seconds.append(door.post()) or "done"

    door.post()

    assert (seconds[0].status_code, code(seconds[0])) == (409, "in_progress")
    assert seconds[0].headers["Retry-After"] == "1"


def test_a_request_that_takes_long_keeps_its_claim_for_as_long_as_it_takes(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "ABANDONED", timedelta(milliseconds=300))
    renewing = Flusher(door.client.application.extensions[EXTENSION].claims.renew, every=0.02)
    seconds: list[TestResponse] = []

    def view() -> str:
        begun = now()
        while now() - begun < 3 * once.ABANDONED:
            seconds.append(door.post())
        return "done"

    door.view = view
    assert door.post().data == b"done"

    assert {code(one) for one in seconds} == {"in_progress"}
    assert door.post().headers["Idempotent-Replayed"] == "true"
    renewing.close()


def test_claims_are_renewed_often_enough_for_one_renewal_to_fail() -> None:
    slowest = timedelta(seconds=5 + 20)  # to find a server, and to wait for its answer
    assert 2 * timedelta(seconds=RENEWED_EVERY) + slowest < ABANDONED


def test_a_secret_is_not_kept_and_who_asks_again_is_told_so(door: Door) -> None:
    door.secret = True
    door.answer = Response('{"secret": "whsec_abc"}', 201, {"Location": "/1"}, mimetype="application/json")

    assert door.post().status_code == 201
    again = door.post()

    assert (again.status_code, code(again), door.asked) == (409, "secret_shown_once", 1)
    assert "whsec_abc" not in str(door.answers.kept)


def test_where_a_secret_would_be_shown_a_refusal_is_kept_as_anywhere(door: Door) -> None:
    door.secret = True
    door.answer = Refusal(422, "invalid", "no")

    assert [door.post().status_code, door.post().status_code, door.asked] == [422, 422, 1]


def test_a_refusal_for_now_is_tried_anew(door: Door) -> None:
    door.answer = invalid([{"path": "url", "message": "try again"}], passing=True)
    assert door.post().status_code == 422
    door.answer = "done"

    assert door.post().status_code == 200


def test_a_refusal_that_stays_is_kept_in_the_one_shape(door: Door) -> None:
    door.answer = Refusal(422, "invalid", "no")
    first, second = door.post(), door.post()

    assert door.asked == 1
    assert (first.status_code, second.status_code, second.data) == (422, 422, first.data)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_passes_is_tried_anew(door: Door, status: int) -> None:
    door.answer = Refusal(status, "not_now", "later")
    assert door.post().status_code == status
    door.answer = "done"

    assert door.post().status_code == 200


def test_an_error_of_ours_is_tried_anew(door: Door) -> None:
    door.answer = KeyError("a bug")
    assert door.post().status_code == 500
    door.answer = "done"

    assert door.post().status_code == 200


@pytest.mark.parametrize(("field", "age"), [("claim", ABANDONED), ("answer", KEPT)])
def test_a_dead_process_is_not_waited_for_and_an_old_answer_is_forgotten(
    door: Door, field: str, age: timedelta
) -> None:
    door.post()
    [(name, kept)] = door.answers.kept.items()
    if field == "claim":
        del kept["answer"]

    kept["at"] = now() - age + timedelta(seconds=10)
    assert door.post().status_code == (409 if field == "claim" else 201)
    door.answers.kept[name]["at"] = now() - age
    assert "Idempotent-Replayed" not in door.post().headers
    assert door.asked == 2


def test_who_was_served_hears_so_even_if_the_answer_cannot_be_kept(door: Door) -> None:
    door.answers.away = True

    assert door.post().status_code == 201


def test_an_answer_too_large_to_keep_is_given_all_the_same(door: Door, monkeypatch) -> None:
    monkeypatch.setattr(once, "LARGEST_KEPT", 3)

    assert door.post().status_code == 201
    assert door.answers.kept == {}


@pytest.mark.parametrize("name", ["", "x" * 201, "two words", "مفتاح", "tab\there"])
def test_a_name_that_is_none_is_refused(door: Door, name: str) -> None:
    answer = door.client.post("/a", headers={"Idempotency-Key": name.encode().decode("latin-1")})

    assert (answer.status_code, door.asked) == (422, 0)
    assert answer.get_json()["error"]["details"][0]["path"] == "Idempotency-Key"


def test_without_a_name_the_database_is_not_asked(door: Door) -> None:
    door.post(name=None)
    door.post(name=None)

    assert (door.asked, door.answers.kept) == (2, {})

"""What is taken down of a request, and what never is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, jsonify

from services.gateway.audit.log import MOST_WAITING, WITHHELD, Audit, Who, ids_in, kept_singly, place_at, told
from services.gateway.audit.witness import Witness
from services.gateway.domain.key import Key
from services.gateway.serving.observing import observe, sane_id

NOW = datetime(2026, 3, 1, 12, 0, 42, tzinfo=UTC)
WHO = Who("k3x9v2q7", "Web shop", "req-1", "192.0.2.1")


class Away(Exception):
    pass


class Records:
    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.away = False

    def note(self, rows: list[dict[str, Any]]) -> None:
        if self.away:
            raise Away
        for row in rows:
            self.rows.setdefault(row["_id"], row)

    def kind(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.rows.values() if row["kind"] == kind]


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def audit(records: Records) -> Audit:
    return Audit(records, lambda: NOW)


def test_what_is_asked_is_kept_before_anything_is_done(audit: Audit, records: Records) -> None:
    asked = audit.asked(WHO, "customers.erase", {"customer_id": "c-1"})
    [row] = records.rows.values()
    assert row["_id"] == asked
    assert row["arguments"] == {"customer_id": "c-1"}
    assert (row["key"], row["request_id"], row["address"]) == ("k3x9v2q7", "req-1", "192.0.2.1")


def test_while_the_database_is_away_nothing_may_be_done(audit: Audit, records: Records) -> None:
    records.away = True
    with pytest.raises(Away):
        audit.asked(WHO, "customers.erase", {})


def test_what_came_of_it_is_kept_with_the_next_flush_and_once(audit: Audit, records: Records) -> None:
    asked = audit.asked(WHO, "campaigns.draft", {})
    audit.answered(asked, WHO, "campaigns.draft", 201, {"campaign_id": "c-1"})
    records.away = True
    with pytest.raises(Away):
        audit.flush()
    records.away = False
    audit.flush()
    audit.flush()
    [row] = records.kind("answered")
    assert (row["asked"], row["status"], row["changed"]) == (asked, 201, {"campaign_id": "c-1"})


def test_reading_is_counted_by_key_door_and_minute(audit: Audit, records: Records) -> None:
    for status in (200, 200, 404):
        audit.counted(WHO, "customers.card", status)
    audit.counted(Who("zzzzzzzz", "Another"), "customers.card", 200)
    audit.flush()
    mine, others = sorted(records.kind("counted"), key=lambda row: row["key"])
    assert mine["counts"] == {"200": 2, "404": 1}
    assert mine["minute"] == NOW.replace(second=0)
    assert others["counts"] == {"200": 1}
    assert "request_id" not in mine


def test_counts_that_could_not_be_written_are_written_later_and_once(audit: Audit, records: Records) -> None:
    audit.counted(WHO, "customers.card", 200)
    records.away = True
    with pytest.raises(Away):
        audit.flush()
    audit.counted(WHO, "customers.card", 200)
    records.away = False
    audit.flush()
    assert sum(row["counts"]["200"] for row in records.kind("counted")) == 2


def test_a_database_that_stays_away_fills_no_memory(audit: Audit, records: Records) -> None:
    records.away = True
    for number in range(MOST_WAITING + 10):
        audit.answered(str(number), WHO, "campaigns.draft", 200, {})
    records.away = False
    audit.flush()
    kept = records.kind("answered")
    assert len(kept) == MOST_WAITING
    assert min(int(row["asked"]) for row in kept) == 10, "the oldest are dropped"


def test_rows_stand_in_the_order_of_their_writing(audit: Audit, records: Records) -> None:
    before = place_at(datetime.now(UTC) - timedelta(seconds=1))
    ids = [audit.asked(WHO, "x", {}) for _ in range(100)]
    after = place_at(datetime.now(UTC) + timedelta(seconds=1))
    assert [one.partition("-")[0] for one in ids] == sorted(one.partition("-")[0] for one in ids)
    assert before < ids[0] < ids[-1] < after


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_any_moment_has_a_place(year: int) -> None:
    assert len(place_at(datetime(year, 6, 1, tzinfo=UTC))) == 16


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ("7d444840-9dc0-41d1-b245-5ffdce74fad2", "7d444840-9dc0-41d1-b245-5ffdce74fad2"),
        ("win-back", "win-back"),
        ("17", "17"),
        ("layla@example.com", WITHHELD),
        ("+966500000001", WITHHELD),
        ("966500000001", WITHHELD),
        ("050-000-0001", WITHHELD),
        ("ليلى", WITHHELD),
        ("a b", WITHHELD),
        ("x" * 101, WITHHELD),
        ("", WITHHELD),
        ({"$ne": 1}, WITHHELD),
    ],
)
def test_nothing_gets_in_that_could_be_about_a_person(value: object, row: str) -> None:
    assert told(value) == row


def test_of_an_answer_the_ids_are_taken_and_nothing_else() -> None:
    answer = {"customer_id": "c-1", "id": "x", "name": "Layla", "email": "layla@example.com", "count": 3}
    assert ids_in(answer) == {"customer_id": "c-1", "id": "x"}
    assert ids_in([answer]) == ids_in(None) == {}


@pytest.mark.parametrize(
    ("scope", "changes", "singly"),
    [
        ("customers:erase", True, True),
        ("campaigns:launch", True, True),
        ("customers:export", False, True),
        ("events:write", True, False),
        ("customers:read", False, False),
    ],
)
def test_what_changes_something_gets_rows_of_its_own(scope: str, changes: bool, singly: bool) -> None:
    assert kept_singly(scope, changes) is singly


@pytest.mark.parametrize("sane", ["abc", "7d444840-9dc0-41d1-b245-5ffdce74fad2", "a.b:c_d"])
def test_a_sane_request_id_is_taken_over(sane: str) -> None:
    assert sane_id(sane) == sane


@pytest.mark.parametrize(
    "text", [None, "", "x" * 65, "a b", "a\nb", "layla@example.com", "0500000001", "{}", "ليلى"]
)
def test_any_other_is_replaced(text: str | None) -> None:
    assert sane_id(text) != text
    assert len(sane_id(text)) == 32


KEY = Key("k3x9v2q7", "Web shop", "", frozenset(), 1, NOW)


def witnessed(audit: Audit, changes: bool, answer: Any) -> Response:
    """What the guard of a door does, and no more."""
    app = Flask("test")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/things/<thing_id>")
    def door(thing_id: str) -> Any:
        witness = Witness(audit, "things.change", "things:write", changes, KEY)
        witness.see({"thing_id": thing_id})
        return answer()

    observe(app)
    path = "/things/t-1?email=layla@example.com"
    told: Response = app.test_client().post(
        path, json={"email": "layla@example.com"}, headers={"X-Request-Id": "r-1"}
    )
    return told


def test_a_door_that_changes_something_leaves_both_rows_and_nothing_of_query_or_body(
    audit: Audit, records: Records
) -> None:
    response = witnessed(audit, True, lambda: (jsonify(thing_id="t-1", email="layla@example.com"), 201))
    audit.flush()
    [asked], [answered] = records.kind("asked"), records.kind("answered")
    assert (answered["asked"], answered["status"]) == (asked["_id"], 201)
    assert answered["changed"] == {"thing_id": "t-1"}
    assert asked["request_id"] == answered["request_id"] == response.headers["X-Request-Id"] == "r-1"
    assert "layla" not in repr(records.rows)


def test_an_error_is_what_came_of_it(audit: Audit, records: Records) -> None:
    def fail() -> None:
        raise RuntimeError

    assert witnessed(audit, True, fail).status_code == 500
    audit.flush()
    [answered] = records.kind("answered")
    assert answered["status"] == 500


def test_a_door_that_cannot_take_it_down_does_nothing(audit: Audit, records: Records) -> None:
    done = []
    records.away = True
    assert witnessed(audit, True, lambda: done.append(1) or "").status_code == 500
    assert not done
    records.away = False
    audit.flush()
    assert not records.kind("asked")
    assert records.kind("counted"), "that somebody tried is known"


def test_a_door_that_only_answers_is_open_without_the_database(audit: Audit, records: Records) -> None:
    records.away = True
    assert witnessed(audit, False, lambda: "fine").status_code == 200

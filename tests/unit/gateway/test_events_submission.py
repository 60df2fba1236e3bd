"""What may be published over HTTP, by whom, and in which form."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, request

from services.gateway.domain.key import Key
from services.gateway.refusals import Refusal
from services.gateway.requests.submission import (
    JSON,
    MOST_PROBLEMS,
    MOST_PROBLEMS_IN_ALL,
    Judged,
    Submission,
    form_of,
)
from wafa.contracts.catalogue import INBOUND, OUTBOUND
from wafa.contracts.envelope import BATCH, STRUCTURED
from wafa.contracts.examples import example

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PURCHASE = "purchase.completed.v1"


def key(**limits: Any) -> Key:
    return Key("abcdefgh", "till", "", frozenset({"events:write"}), 100, NOW, **limits)


def judge(body: Any, form: str = JSON, **options: Any) -> list[Judged]:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [*Submission(encoded, form).judged(key(**options), NOW + timedelta(days=365))]


def reasons(judged: list[Judged]) -> list[str]:
    return [problem.reason for one in judged for problem in one.problems]


@pytest.mark.parametrize("type", INBOUND)
def test_what_happened_elsewhere_may_be_published(type: str) -> None:
    [judged] = judge(example(type))

    assert judged.problems == []
    assert judged.encoded is not None
    assert judged.encoded[0] == type
    assert json.loads(judged.encoded[1]) == example(type)


@pytest.mark.parametrize("type", OUTBOUND)
def test_nobody_speaks_in_wafas_name(type: str) -> None:
    [judged] = judge(example(type))

    assert reasons([judged]) == ["forbidden_type"]
    assert judged.encoded is None


def test_a_key_speaks_for_its_own_sources_only() -> None:
    other = example(PURCHASE) | {"source": "/pos/jeddah-02"}
    judged = judge([example(PURCHASE), other], sources=(example(PURCHASE)["source"],))

    assert [bool(one.encoded) for one in judged] == [True, False]
    assert reasons(judged) == ["forbidden_source"]


def test_a_key_tells_only_what_it_is_for() -> None:
    judged = judge([example(PURCHASE), example("contact.logged.v1")], types=("purchase.*",))

    assert [bool(one.encoded) for one in judged] == [True, False]
    assert [problem.path for problem in judged[1].problems] == ["type"]
    assert reasons(judged) == ["forbidden_type"]


def test_one_bad_event_stands_in_nobodys_way() -> None:
    judged = judge([example(PURCHASE), 7, {"type": "no.such.v1"}, None, [], example("consent.changed.v1")])

    assert [bool(one.encoded) for one in judged] == [True, False, False, False, False, True]
    assert [one.place for one in judged] == list(range(6))
    assert [one.id for one in judged[1:5]] == [None] * 4


def test_everything_that_is_wrong_with_each_event_is_told_at_once() -> None:
    event = example(PURCHASE)
    event["data"] |= {"total": {"amount": 5, "currency": "ZZZ"}, "purchase_id": ""}

    for judged in judge([event, example(PURCHASE) | {"time": "noon"}, event])[::2]:
        paths = {problem.path for problem in judged.problems}
        assert paths == {"data.total.amount", "data.total.currency", "data.purchase_id"}


def test_an_event_full_of_faults_does_not_fill_the_answer() -> None:
    event = example(PURCHASE)
    event["data"]["lines"] = [{}] * 500

    assert len(reasons(judge(event))) == MOST_PROBLEMS


def test_a_thousand_events_full_of_faults_are_told_of_in_a_thousand_problems_and_each_one_still_in_one() -> (
    None
):
    event = example(PURCHASE)
    event["data"]["lines"] = [{}] * 500
    judged = judge([event] * 1000)

    told = [len(one.problems) for one in judged]
    assert set(told[: MOST_PROBLEMS_IN_ALL // told[0]]) == {told[0]}
    assert set(told[MOST_PROBLEMS_IN_ALL // told[0] :]) == {1}


def test_an_event_larger_than_a_message_is_refused_unread() -> None:
    large = example(PURCHASE) | {"blob": "x" * 1024 * 1024}
    judged = judge([large, example(PURCHASE)])

    assert reasons(judged) == ["too_large"]
    assert judged[1].encoded


def test_numbers_that_grow_when_they_are_written_do_not_make_a_message_too_large() -> None:
    event = example(PURCHASE) | {"numbers": "HERE"}
    body = json.dumps(event).replace('"HERE"', "[" + ",".join(["1e15"] * 150_000) + "]").encode()

    assert len(body) < 1024 * 1024
    assert reasons(judge(body)) == ["too_large"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[{]",
        b'[{"a": NaN}]',
        b'{"id": "\xff"}',
        b"[" * 100_000,
        b'{"id": 1} {}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_told_as_that(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        judge(body)

    assert refusal.value.status == 400


def test_an_empty_array_is_a_mistake() -> None:
    with pytest.raises(Refusal) as refusal:
        judge([])

    assert refusal.value.status == 422


def test_more_than_a_thousand_are_too_many() -> None:
    assert len(judge([1] * 1000)) == 1000
    with pytest.raises(Refusal) as refusal:
        judge([1] * 1001)

    assert refusal.value.status == 413


def test_the_form_says_whether_one_or_several_are_meant() -> None:
    assert judge([example(PURCHASE)], BATCH)[0].encoded
    assert judge(example(PURCHASE), STRUCTURED)[0].encoded
    assert reasons(judge([example(PURCHASE)], STRUCTURED)) == ["invalid"]
    with pytest.raises(Refusal, match="must be an array"):
        judge(example(PURCHASE), BATCH)


@pytest.mark.parametrize(
    ("content_type", "fine"),
    [
        ("application/json", True),
        ("application/json; charset=UTF-8", True),
        ("Application/CloudEvents+JSON; charset=utf-8", True),
        ("application/cloudevents-batch+json", True),
        ("application/json; charset=windows-1256", False),
        ("application/cloudevents+avro", False),
        ("text/plain", False),
        (None, False),
    ],
)
def test_other_forms_than_json_in_utf_8_are_refused_by_name(content_type: str | None, fine: bool) -> None:
    with Flask("test").test_request_context(method="POST", content_type=content_type):
        if fine:
            assert form_of(request) in (JSON, STRUCTURED, BATCH)
        else:
            with pytest.raises(Refusal) as refusal:
                form_of(request)
            assert refusal.value.status == 415
            assert JSON in refusal.value.message

"""What `check` says, and that it always says something."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wafa.contracts.examples import example
from wafa.contracts.fields import MOST_WRONG
from wafa.contracts.validation import check, problems

NOW = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
PURCHASE = "purchase.completed.v1"
GONE = object()


def changed(event_type: str, path: str, value: Any) -> dict[str, Any]:
    """An example with another value at a path, or without any value there."""
    event = example(event_type)
    *above, last = (int(key) if key.isdigit() else key for key in path.split("."))
    container: Any = event
    for key in above:
        container = container[key]
    if value is GONE:
        del container[last]
    else:
        container[last] = value
    return event


MISTAKES = [
    ("specversion", "0.3", "specversion", "must be one of 1.0, not '0.3'"),
    ("id", GONE, "id", "is required"),
    ("id", 17, "id", "must be a string, not a number"),
    ("id", "  ", "id", "must be one line with something on it: no control characters, not only blanks"),
    ("id", "R-1\n", "id", "must be one line with something on it: no control characters, not only blanks"),
    ("id", "x" * 201, "id", "must have 1 to 200 characters"),
    ("source", "pos riyadh", "source", "must be a URI or a path such as /pos/riyadh-01: ASCII, no blanks"),
    ("type", GONE, "type", "is required"),
    ("type", ["purchase.completed.v1"], "type", "must be a string, not an array"),
    ("time", GONE, "time", "is required"),
    (
        "time",
        "2025-03-14 18:42",
        "time",
        "must be a time with its offset from UTC such as 2025-03-14T09:30:00Z, from 1900 to 2999",
    ),
    ("time", "2025-02-30T00:00:00Z", "time", "names a day that does not exist: '2025-02-30T00:00:00Z'"),
    ("time", 1741966930, "time", "must be a string, not a number"),
    ("datacontenttype", "text/xml", "datacontenttype", "must be application/json"),
    ("subject", None, "subject", "must not be null; leave the field out instead"),
    ("data", GONE, "data", "is required"),
    ("data", "{}", "data", "must be an object, not a string"),
    ("data.customer", GONE, "data.customer", "is required"),
    (
        "data.customer",
        {"name": "ليلى"},
        "data.customer",
        "needs at least one of id, external_ids, email, phone",
    ),
    ("data.customer.external_ids", [], "data.customer.external_ids", "must have 1 to 20 elements, not 0"),
    (
        "data.customer.external_ids.0.id",
        10442,
        "data.customer.external_ids.0.id",
        "must be a string, not a number",
    ),
    (
        "data.customer.external_ids.0",
        {"id": "1"},
        "data.customer.external_ids.0.system",
        "is required",
    ),
    (
        "data.customer.phone",
        "call me",
        "data.customer.phone",
        "must be a telephone number such as +966 50 123 4567: digits, blanks and + ( ) - . /",
    ),
    (
        "data.customer.locale",
        "ar_EG",
        "data.customer.locale",
        "must be a BCP 47 language tag such as ar, ar-EG or en-GB",
    ),
    (
        "data.customer.timezone",
        "Asia/Riyad",
        "data.customer.timezone",
        "must be an IANA time zone such as Asia/Riyadh, not 'Asia/Riyad'",
    ),
    (
        "data.customer.country",
        "Saudi Arabia",
        "data.customer.country",
        "must be an ISO 3166-1 alpha-2 country code such as SA, not 'Saudi Arabia'",
    ),
    (
        "data.channel",
        "shop",
        "data.channel",
        "must be one of store, web, app, phone, email, chat, social, partner, not 'shop'",
    ),
    ("data.total", "349.50", "data.total", "must be an object, not a string"),
    ("data.total.amount", 349.5, "data.total.amount", "must be a string, not a number with a fraction"),
    (
        "data.total.amount",
        "1,349.50",
        "data.total.amount",
        'must be a decimal string such as "29.33": no sign, no thousands separators',
    ),
    ("data.total.amount", "349.505", "data.total.amount", "SAR has 2 decimals; 349.505 has 3"),
    (
        "data.total",
        {"amount": "1500.50", "currency": "JPY"},
        "data.total.amount",
        "JPY has 0 decimals; 1500.50 has 2",
    ),
    (
        "data.total.currency",
        "SR",
        "data.total.currency",
        "must be the ISO 4217 code of a currency in use, such as SAR, not 'SR'",
    ),
    ("data.lines.1.quantity", "1", "data.lines.1.quantity", "must be a whole number such as 5, not a string"),
    (
        "data.lines.1.quantity",
        1.0,
        "data.lines.1.quantity",
        "must be a whole number such as 5, not a number with a fraction",
    ),
    (
        "data.lines.1.quantity",
        True,
        "data.lines.1.quantity",
        "must be a whole number such as 5, not a boolean",
    ),
    ("data.lines.1.quantity", -1, "data.lines.1.quantity", "must be from 0 to 1000000"),
    ("data.lines", {}, "data.lines", "must be an array, not an object"),
    ("data.basket", {"note": "a\0b"}, "data.basket.note", "must be text in UTF-8 without NUL characters"),
    ("data.basket", {"rows": [1, 2**70]}, "data.basket.rows.1", "must be a number of at most 64 bits"),
]


@pytest.mark.parametrize(("path", "value", "where", "message"), MISTAKES)
def test_a_common_mistake_is_named_with_its_place(path: str, value: Any, where: str, message: str) -> None:
    problem = check(changed(PURCHASE, path, value), NOW)
    assert problem is not None
    assert (problem.reason, problem.path, problem.message) == ("invalid", where, message)


@pytest.mark.parametrize(
    ("score", "more", "highest"),
    [(6, {"kind": "csat"}, 5), (11, {"kind": "nps"}, 10), (4, {"kind": "csat", "scale_max": 3}, 3)],
)
def test_a_score_above_its_scale_is_refused(score: int, more: dict[str, Any], highest: int) -> None:
    event = example("feedback.given.v1")
    event["data"] |= {"score": score, **more}
    problem = check(event, NOW)
    assert problem is not None
    assert problem.path == "data.score"
    assert f"which is {highest}" in problem.message


@pytest.mark.parametrize(
    ("event_type", "message"),
    [
        (
            "purchase.complete.v1",
            "there is no event type 'purchase.complete.v1'; did you mean purchase.completed.v1?",
        ),
        ("مشتريات", "there is no event type 'مشتريات'"),
        ("x" * 100_000, f"there is no event type '{'x' * 40}'…"),
    ],
)
def test_an_unknown_type_has_a_reason_of_its_own(event_type: str, message: str) -> None:
    problem = check(example(PURCHASE) | {"type": event_type}, NOW)
    assert problem is not None
    assert (problem.reason, problem.path, problem.message) == ("unknown_type", "type", message)


@pytest.mark.parametrize("event", [None, True, 5, 5.5, "event", [], [{}], ()])
def test_what_is_no_object_is_invalid_as_a_whole(event: Any) -> None:
    problem = check(event, NOW)
    assert problem is not None
    assert (problem.reason, problem.path) == ("invalid", "")


def test_an_event_may_be_a_day_ahead_and_no_more() -> None:
    limit = NOW + timedelta(days=1)
    assert check(changed(PURCHASE, "time", limit.isoformat()), NOW) is None
    problem = check(changed(PURCHASE, "time", (limit + timedelta(seconds=1)).isoformat()), NOW)
    assert problem is not None
    assert (problem.reason, problem.path) == ("time_in_future", "time")


def test_an_event_may_be_decades_late() -> None:
    assert check(changed(PURCHASE, "time", "1997-01-01T00:00:00Z"), NOW) is None


def test_fields_that_nobody_knows_are_ignored() -> None:
    event = example(PURCHASE)
    novelty = {"null": None, "list": [1, 2.5, "x", {"deep": [True]}], "": "", "$where": "1"}
    event |= {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "later": novelty}
    event["data"]["later"] = event["data"]["total"]["later"] = event["data"]["lines"][0]["later"] = novelty
    event["data"]["customer"]["later"] = event["data"]["customer"]["external_ids"][0]["later"] = novelty
    assert check(event, NOW) is None


def test_all_mistakes_are_listed_for_those_who_correct_by_hand() -> None:
    event = changed(PURCHASE, "data.total.currency", "SR")
    del event["data"]["purchase_id"]
    event["source"] = ""
    assert {problem.path for problem in problems(event, NOW)} == {
        "source",
        "data.purchase_id",
        "data.total.currency",
    }
    assert problems(example(PURCHASE), NOW) == []
    assert [
        problem.reason for problem in problems(changed(PURCHASE, "time", "2999-01-01T00:00:00Z"), NOW)
    ] == ["time_in_future"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "\ud800", "\0", PURCHASE]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "time", "data", "customer", "\ud800", "\0"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(JSON, st.booleans())
def test_check_never_raises_and_its_words_can_be_sent(value: Any, inside: bool) -> None:
    problem = check(example(PURCHASE) | {"data": value} if inside else value, NOW)
    assert problem is not None
    f"{problem.reason} {problem.path} {problem.message}".encode()
    assert "\0" not in problem.path + problem.message
    assert len(problem.path) <= 500
    assert len(problem.message) <= 500


@pytest.mark.parametrize("oddity", [b"bytes", {1: 2}, {1, 2}, object(), 1j, datetime, {"a": b"x"}])
def test_python_objects_that_are_no_json_are_refused(oddity: Any) -> None:
    assert check(oddity, NOW) is not None
    assert check(example(PURCHASE) | {"more": oddity}, NOW) is not None


def test_depth_is_limited_without_recursion() -> None:
    deep: Any = "core"
    for _ in range(100_000):
        deep = [deep]
    problem = check(changed(PURCHASE, "data.deep", deep), NOW)
    assert problem is not None
    assert problem.message == "is nested deeper than 32 levels"
    while isinstance(deep, list):  # taken apart by hand: Python frees it recursively otherwise
        deep = deep[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.lines", [1] * 300_000),
        ("data.customer.name", " " * 1_000_000),
        ("data.customer.email", "a@" + "b." * 400_000),
        ("id", "x" * 1_000_000 + "\n"),
    ],
)
def test_a_huge_mistake_does_not_keep_the_worker_busy(path: str, value: Any) -> None:
    # Work that grows with the square of the size would run into the limit of time per test.
    assert check(changed(PURCHASE, path, value), NOW) is not None


def test_what_is_wrong_with_an_array_is_told_of_its_first_wrong_elements_and_the_rest_is_not_looked_at() -> (
    None
):
    whole = example(PURCHASE)["data"]["lines"][0]
    lines = [whole, *[{} for _ in range(499)]]
    event = changed(PURCHASE, "data.lines", lines)

    wrong = {int(problem.path.split(".")[2]) for problem in problems(event, NOW)}
    assert wrong == {*range(1, MOST_WRONG + 1)}

"""What nobody wants is passed over unread, and nothing else is."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from wafa.contracts.envelope import BATCH, STRUCTURED
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.wanted import passing_over

WANTED, UNWANTED = "customer.erased.v1", "outreach.sent.v1"


def delivery(content: Any, key: str, content_type: str | None = None) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Delivery(body, content_type or (BATCH if isinstance(content, list) else STRUCTURED), key, 1)


def left_of(*deliveries: Delivery, wanted: Sequence[str] = (WANTED,)) -> list[Delivery]:
    taken: list[Delivery] = []
    passing_over(lambda some, tries: taken.extend(some), lambda: wanted)(deliveries, 1)
    return taken


def test_what_nobody_wants_is_passed_over() -> None:
    erased = delivery({"type": WANTED, "data": {}}, WANTED)
    sent = delivery({"type": UNWANTED, "data": {}}, UNWANTED)
    many = delivery([{"type": UNWANTED}, {"type": UNWANTED}], UNWANTED)
    assert left_of(sent, erased, many) == [erased]


def test_of_a_batch_that_nobody_wants_nobody_hears() -> None:
    def take(deliveries: Sequence[Delivery], tries: int) -> None:
        raise AssertionError

    passing_over(take, set)([delivery({"type": UNWANTED}, UNWANTED)], 1)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ({"type": "purchase.completed.v1"}, None),
        ([{"type": UNWANTED}, {"type": WANTED}], None),
        ([{"type": UNWANTED}, {}], None),
        ({"type": 3}, None),
        (["text"], None),
        (b"{", None),
        (b'"\xff"', None),
        ({"type": UNWANTED}, BATCH),
        ([{"type": UNWANTED}], STRUCTURED),
        ({"type": UNWANTED}, "text/plain"),
    ],
)
def test_what_is_not_what_its_key_says_is_taken_so_that_it_is_quarantined(
    content: Any, content_type: str | None
) -> None:
    wrong = delivery(content, UNWANTED, content_type)
    assert left_of(wrong) == [wrong]


def test_what_comes_back_from_a_delay_is_taken() -> None:
    again = delivery({"type": UNWANTED}, "wafa.gateway")
    assert left_of(again) == [again]


def test_while_nobody_can_say_what_is_wanted_the_batch_is_kept() -> None:
    def away() -> set[str]:
        raise Transient("the database")

    with pytest.raises(Transient):
        passing_over(lambda some, tries: None, away)([delivery({"type": UNWANTED}, UNWANTED)], 1)

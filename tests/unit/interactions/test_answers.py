"""What a customer answers when asked whether a complaint is solved."""

from datetime import UTC, datetime

import pytest

from services.interactions.domain.answers import contradicted, is_no
from services.interactions.domain.cases import OPENED, REOPENED, RESOLVED, CaseEvent


def told(kind: str, hour: int) -> CaseEvent:
    return CaseEvent(f"{kind} {hour}", at(hour), kind, "mona", "late", "high")


def at(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "score", "highest", "no"),
    [
        ("csat", 0, 1, True),
        ("csat", 1, 1, False),
        ("csat", 1, 5, True),
        ("csat", 0, 5, True),
        ("csat", 2, 5, False),
        ("ces", 1, 7, True),
        ("nps", 0, 10, True),
        ("nps", 1, 10, False),
    ],
)
def test_the_lowest_score_of_the_scale_is_a_no(kind: str, score: int, highest: int, no: bool) -> None:
    assert is_no(kind, score, highest) is no


def test_a_no_contradicts_the_resolution_before_it_in_whatever_order_they_are_told() -> None:
    events = [told(RESOLVED, 12), told(OPENED, 9), told(RESOLVED, 20)]
    assert contradicted(events, at(14)) == told(RESOLVED, 12)
    assert contradicted(reversed(events), at(14)) == told(RESOLVED, 12)


@pytest.mark.parametrize("events", [[], [told(OPENED, 9)], [told(RESOLVED, 9), told(REOPENED, 10)]])
def test_of_a_case_that_was_open_there_is_nothing_to_reopen(events: list[CaseEvent]) -> None:
    assert contradicted([*events, told(RESOLVED, 14)], at(14)) is None

"""A case is what its events have made of it, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.interactions.domain.cases import OPENED, REOPENED, RESOLVED, CaseEvent, fold_case

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told(type: str, hour: int, **more: str) -> CaseEvent:
    facts = {"customer_id": "c1", "category": "delivery", "severity": "high", **more}
    return CaseEvent(key=f"{type} {hour}", time=MONDAY + timedelta(hours=hour), type=type, **facts)


def test_a_complaint_is_open_until_it_is_resolved() -> None:
    opened = told(OPENED, 0)

    assert fold_case([opened]).status == "open"
    assert fold_case([opened, told(RESOLVED, 3, resolution="refunded")]).status == "resolved"


def test_a_resolution_that_arrives_first_still_resolves() -> None:
    case = fold_case([told(RESOLVED, 3, resolution="refunded"), told(OPENED, 0)])

    assert (case.status, case.resolution, case.opened_at) == ("resolved", "refunded", MONDAY)
    assert case.resolved_at == MONDAY + timedelta(hours=3)


def test_reopening_opens_it_again_and_forgets_the_resolution() -> None:
    case = fold_case([told(OPENED, 0), told(RESOLVED, 3, resolution="refunded"), told(REOPENED, 5)])

    assert (case.status, case.resolution, case.resolved_at, case.reopened) == ("open", None, None, 1)


def test_the_last_word_on_severity_counts() -> None:
    assert fold_case([told(OPENED, 0), told(REOPENED, 5, severity="critical")]).severity == "critical"


events = st.lists(
    st.builds(told, st.sampled_from([OPENED, RESOLVED, REOPENED]), st.integers(0, 20)), min_size=1, max_size=8
)


@given(events=events, random=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_a_case(events: list[CaseEvent], random) -> None:
    arrived = events + random.choices(events, k=3)
    random.shuffle(arrived)

    assert fold_case(arrived) == fold_case(events)


@given(events=events)
def test_of_two_folds_the_one_that_saw_more_has_the_higher_version(events: list[CaseEvent]) -> None:
    some = events[: len(events) // 2 + 1]

    assert (fold_case(some).version < fold_case(events).version) == (fold_case(some) != fold_case(events))

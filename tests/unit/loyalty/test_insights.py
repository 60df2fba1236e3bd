"""How customers come back: counted page by page, the same as counted by hand, whatever the pages."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.insights import Known, Sums, days_of
from services.loyalty.domain.program import Program
from wafa.cli.insight_figures import figures, median

from .histories import histories, patient, programs
from .story import at, bought, returned

CDNOW = Path(__file__).parents[3] / "examples" / "data" / "cdnow.csv"
EPOCH = date(1970, 1, 1).toordinal()


def page(members: list[Known], as_of: str = "2026-03-15T12:00:00Z") -> dict[str, Any]:
    """A page as loyalty answers it, of a currency with two digits."""
    sums = Sums()
    for one in members:
        sums.add(one)
    return {
        "as_of": as_of,
        "currency": "USD",
        **{
            name: getattr(sums, name)
            for name in ("members", "buyers", "repeat", "cohorts", "months", "tiers")
        },
        "standings": sums.standings,
        "gaps": {str(gap): number for gap, number in sums.gaps.items()},
        "cohort_spend": {name: f"{Decimal(minor) / 100:.2f}" for name, minor in sums.spends.items()},
        "tier_spend": {name: f"{Decimal(minor) / 100:.2f}" for name, minor in sums.tier_spends.items()},
        "next": None,
    }


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def member(*days: str, spend: int = 10_00, tier: str = "member", standing: str | None = None) -> Known:
    return Known([day(one) for one in days], spend, tier, standing)


@patient
@given(programs, histories())
def test_the_days_are_those_of_the_fold(by: Program, facts: list[Fact]) -> None:
    trail = rebuild(by, facts).trail
    days = [one - EPOCH for one in days_of([*facts, *facts])]
    assert len(days) == (trail.days if trail else 0)
    assert tuple(days[-32:]) == (trail.recent if trail else ())
    assert not trail or days[0] == trail.first


def test_a_day_ends_at_midnight_utc() -> None:
    late, early = bought("2026-01-31T23:59:59.999", "5.00"), bought("2026-02-01T00:00:00", "5.00")
    assert days_of([late, early]) == [day("2026-01-31"), day("2026-02-01")]
    assert figures([page([Known(days_of([late, early]), 10_00, "member", None)])])["months"][1]["stayed"] == 1


def test_a_day_of_which_nothing_was_kept_is_none() -> None:
    purchase = bought("2026-01-05", "5.00")
    assert days_of([purchase, returned("2026-02-05", purchase, "4.99")]) == [at("2026-01-05").toordinal()]
    assert days_of([purchase, returned("2026-02-05", purchase, "5.00")]) == []


def test_months_tell_who_stayed_who_left_and_who_came_back() -> None:
    found = figures([page([
        member("2025-12-05", "2026-01-07"),
        member("2025-12-05", "2026-02-07"),
        member("2026-01-01", "2026-01-02"),
    ])])  # fmt: skip
    shown = {row.pop("month"): row for row in found["months"]}
    assert list(shown) == ["2025-12", "2026-01", "2026-02", "2026-03"]
    january, february = shown["2026-01"], shown["2026-02"]
    assert [january[one] for one in ("active", "new", "stayed", "back", "left")] == [2, 1, 1, 0, 1]
    assert (january["retention"], january["churn"], shown["2025-12"]["retention"]) == (0.5, 0.5, None)
    assert [february[one] for one in ("active", "new", "stayed", "back", "left")] == [1, 0, 0, 1, 2]
    march = shown["2026-03"]
    assert [row["complete"] for row in shown.values()] == [True, True, True, False]
    assert [march[one] for one in ("left", "retention", "churn")] == [None] * 3, "they may still come"
    assert found["cohorts"][1]["retention"] == [1.0, 0.0, None]


def test_nobody_is_no_division_by_nought() -> None:
    found = figures([page([]), page([Known((), 0, "member", None)])])
    assert (found["members"], found["buyers"]) == (1, 0)
    assert (found["repeat_rate"], found["median_interval_days"]) == (None, None)
    assert (found["months"], found["cohorts"]) == ([], [])
    assert found["tiers"][0]["spend_per_member"] == "0.00"


days = st.lists(st.integers(day("2025-01-01"), day("2026-03-15")), max_size=6, unique=True).map(sorted)
tiers, standings = st.sampled_from(["member", "silver"]), st.sampled_from([None, "active", "at_risk"])
known = st.builds(Known, days, st.integers(0, 10**12), tiers, standings)


@patient
@given(st.lists(known, max_size=12), st.integers(0, 12))
def test_figures_are_those_of_a_plain_count_whatever_the_pages(members: list[Known], cut: int) -> None:
    found = figures([page(members[:cut]), page(members[cut:])])
    names = {id(one): [f"{date.fromordinal(day):%Y-%m}" for day in one.days] for one in members}
    buyers = [one for one in members if one.days]
    gaps = sorted(b - a for one in members for a, b in zip(one.days, one.days[1:], strict=False))
    assert found["repeat_rate"] == (
        round(sum(len(one.days) > 1 for one in buyers) / len(buyers), 6) if buyers else None
    )
    middle = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2 if gaps else None
    assert found["median_interval_days"] == middle
    for row in found["cohorts"]:
        of = [one for one in buyers if names[id(one)][0] == row["cohort"]]
        assert row["members"] == len(of)
        assert Decimal(row["spend"]) == Decimal(sum(one.spend for one in of)) / 100
        assert sum(row["active"]) == sum(len(set(names[id(one)])) for one in of)
    previous: set[int] = set()
    for row in found["months"]:
        active = {id(one) for one in buyers if row["month"] in names[id(one)]}
        assert (row["active"], row["stayed"]) == (len(active), len(active & previous))
        assert row["left"] == (len(previous - active) if row["complete"] else None)
        previous = active
    for row in found["tiers"]:
        assert Decimal(row["spend"]) * 100 == sum(one.spend for one in members if one.tier == row["tier"])


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    assert (median({3: 1, 10: 1}), median({3: 2, 10: 1}), median({})) == (6.5, 3, None)


@pytest.fixture(scope="module")
def cdnow() -> dict[str, Any]:
    """The figures of the example data at the end of its last month."""
    rows = defaultdict(list)
    with CDNOW.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["customer"]].append(row)
    members = []
    for several in rows.values():
        facts = [bought(f"{one['date']}T09:00:00", one["amount"]) for one in several]
        spend = sum(fact.amount for fact in facts)
        members.append(Known(days_of(facts), spend, "member", None))
    return figures([page(members[:1000], "1998-07-01T00:00:00Z"), page(members[1000:])])


def test_figures_of_the_example_data_are_those_that_awk_counts(cdnow: dict[str, Any]) -> None:
    """Each was counted with awk and sort alone, without code of ours."""
    assert (cdnow["buyers"], cdnow["repeat"], cdnow["repeat_rate"]) == (2357, 1139, 0.483241)
    assert (cdnow["intervals"], cdnow["median_interval_days"]) == (4339, 34)
    january = cdnow["cohorts"][0]
    assert (january["cohort"], january["active"][:6]) == ("1997-01", [781, 124, 95, 70, 65, 77])
    assert january["spend"] == "78842.79"
    assert [row["spend"] for row in cdnow["cohorts"][1:]] == ["90680.26", "74568.89"]
    months = {row["month"]: row for row in cdnow["months"]}
    assert [months[one]["active"] for one in ("1997-03", "1997-12", "1998-06")] == [948, 183, 138]
    assert (months["1997-03"]["stayed"], months["1998-06"]["stayed"]) == (168, 41)
    assert (months["1998-06"]["complete"], months["1998-07"]["complete"]) == (True, False)

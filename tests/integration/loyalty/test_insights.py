"""Insights over a real database: every person once, whatever the pages, whoever was merged."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from services.loyalty.domain.program import Program
from services.loyalty.insights import insights
from services.loyalty.store import LoyaltyStore
from tests.conftest import Isolated
from tests.unit.loyalty import people
from tests.unit.loyalty.people import Bus, erased, merged
from wafa.cli import cli
from wafa.cli.insight_figures import figures
from wafa.contracts.envelope import Event
from wafa.runtime.errors import InvalidArgument

NOW = datetime(2026, 3, 18, tzinfo=UTC)


def bought(who: str, day: str, amount: int) -> Event:
    time = datetime.fromisoformat(f"{day}T10:00:00+00:00")
    return people.recorded(who, "purchase.completed.v1", f"{who} {day}", time, f"{who} {day}", amount)


def test_every_person_counts_once_however_they_are_paged(store: LoyaltyStore, program: Program) -> None:
    told = [
        bought("a", "2026-01-05", 10_01),
        bought("b", "2026-02-05", 20_02),
        bought("c", "2026-01-31", 30_03),
        bought("d", "2026-02-01", 40_04),
        bought("e", "2026-02-02", 50_05),
        merged("a", "b", 1),
        erased("e"),
    ]
    people.take_in(store, Bus(), program, *told, now=NOW)
    found = []
    for limit in (1, 2, 500):
        pages, after = [], None
        while not pages or after:
            pages.append(insights(store, program, NOW, after, limit))
            after = pages[-1]["next"]
        found.append(figures(pages))
    assert found[0] == found[1] == found[2]
    [seen, *_] = found
    assert (seen["members"], seen["buyers"], seen["repeat"]) == (3, 3, 1)
    assert seen["median_interval_days"] == 31
    assert {row["cohort"]: (row["active"], row["spend"]) for row in seen["cohorts"]} == {
        "2026-01": ([2, 1, 0], "60.06"),
        "2026-02": ([1, 0], "40.04"),
    }
    assert sum(Decimal(row["spend"]) for row in seen["tiers"]) == Decimal("100.10")
    snapshots = [one["snapshot"] for one in store.page_of_members(None, 9)]
    shown = Counter(one["standing"] for one in snapshots if "standing" in one)
    assert seen["standings"] == shown


def test_an_argument_of_another_type_is_refused(store: LoyaltyStore, program: Program) -> None:
    with pytest.raises(InvalidArgument):
        insights(store, program, NOW, {"$gt": ""})  # type: ignore[arg-type]


def test_the_service_answers_commands(
    isolated: Isolated, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with isolated("loyalty", WAFA_DATABASE_PREFIX=prefix) as stack:
        monkeypatch.setenv("AMQP_URI", stack.amqp_uri)
        monkeypatch.setenv("MONGODB_URI", stack.mongodb_uri)
        monkeypatch.setenv("WAFA_DATABASE_PREFIX", prefix)
        told = CliRunner().invoke(cli, ["insights", "--json"])
        assert (told.exit_code, json.loads(told.stdout)["members"]) == (0, 0)
        told = CliRunner().invoke(cli, ["recommendations", "learn"])
        assert (told.exit_code, "no purchase has lines" in told.output) == (1, True)
        told = CliRunner().invoke(cli, ["recommendations", "show", "nobody"])
        assert (told.exit_code, "no purchases are known" in told.output) == (1, True)
        told = CliRunner().invoke(cli, ["recommendations", "alternatives", "beans"])
        assert (told.exit_code, "too little is known" in told.output) == (1, True)

"""Models are fitted to the ledger, kept by version, and one is active."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from subprocess import run

import pytest
from click.testing import CliRunner, Result
from pymongo.database import Database

from services.loyalty.domain.codec import decode_state
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.domain.program import Program
from services.loyalty.modelling.fitting import fit
from services.loyalty.modelling.history import History
from services.loyalty.modelling.ledger import history_of
from services.loyalty.models.current import EVERY, CurrentModel
from services.loyalty.models.store import ModelStore
from services.loyalty.store import LoyaltyStore
from tests.conftest import unique_name
from tests.unit.loyalty import people
from tests.unit.loyalty.people import Bus, erased, merged, recorded
from wafa.cli import cli

FIRST = datetime(2024, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def models(database: Database) -> ModelStore:
    return ModelStore(database)


@pytest.fixture
def take_in(store: LoyaltyStore, program: Program) -> Callable[..., None]:
    return lambda *events: people.take_in(store, Bus(), program, *events, now=NOW)


def bought(who: str, day: int, cents: int, number: int = 0) -> object:
    time, what = FIRST + timedelta(day, hours=number), f"{who} {day} {number}"
    return recorded(who, "purchase.completed.v1", what, time, what, cents)


def gave_back(who: str, day: int, cents: int, later: int) -> object:
    event = recorded(
        who, "purchase.returned.v1", f"back {who} {day}", FIRST + timedelta(later), f"{who} {day} 0", cents
    )
    event["data"]["data"]["return_id"] = f"back {who} {day}"
    return event


def told(history: History) -> list[tuple[int, int, float]]:
    """The days of each person, by their number of days, so that the order of people does not matter."""
    trails = history.at(100_000)
    return sorted(
        zip(
            trails.first.tolist(),
            trails.last.tolist(),
            trails.days.tolist(),
            trails.spend.tolist(),
            strict=True,
        )
    )


def test_what_models_learn_from_is_what_members_are_judged_by(take_in, store, models):
    take_in(
        bought("a", 0, 10_00), bought("a", 0, 5_00, 1), bought("a", 30, 7_00), gave_back("a", 0, 2_00, 40),
        bought("b", 5, 10_00), bought("b", 9, 1_00), gave_back("b", 9, 1_00, 12),
        bought("alias", 70, 3_00), merged("alias", "b", 1),
        bought("gone", 1, 9_00), erased("gone"),
    )  # fmt: skip
    trails = [decode_state(one["state"]).trail for one in store.page_of_members(None, 10)]
    known = sorted((one.first, one.last, one.days, float(one.spend)) for one in trails if one)
    assert told(history_of(models)) == known
    assert [days for _, _, days, _ in known] == [2, 2]


def test_a_purchase_that_is_dated_before_1970_keeps_no_model_from_being_fitted(take_in, models):
    take_in(bought("a", 0, 10_00), bought("a", -40_000, 10_00), bought("b", 5, 10_00))
    history = history_of(models)
    assert (history.number, len(history.days)) == (2, 2)
    fit(history, int(history.days.max()))


def test_before_the_first_fit_there_is_no_active_model(models):
    assert models.active() is None
    assert models.activate(1) is False


def test_each_model_has_the_next_version_and_an_earlier_one_can_be_taken_again(models):
    first = models.add(PRIORS, {"customers": 1})
    second = models.add(replace(PRIORS, typical=7.0), {"customers": 2})
    assert (first, second) == (1, 2)
    models.activate(second)
    assert models.active() == replace(PRIORS, version=2, typical=7.0)
    assert models.activate(first)
    assert models.active() == replace(PRIORS, version=1)
    assert [one["_id"] for one in models.versions()] == [2, 1]


def test_a_model_that_this_release_cannot_read_is_no_model(models, database):
    version = models.add(PRIORS, {})
    models.activate(version)
    database["models"].update_one({"_id": version}, {"$unset": {"model.bgnbd": ""}})
    assert models.active() is None


def test_a_fitted_model_comes_back_from_the_database_as_it_was(take_in, models):
    take_in(*(bought(f"c{who}", day, 9_00) for who in range(25) for day in range(who, 120, 7 + who)))
    history = history_of(models)
    model = fit(history, int(history.days.max()), fitted_at="2025-01-01T00:00:00Z")
    assert model.corrections
    version = models.add(model, {})
    models.activate(version)
    assert models.active() == replace(model, version=version)


def test_a_service_sees_another_model_within_a_minute(models):
    clock = [0.0]
    current = CurrentModel(models.active, lambda: clock[0])
    assert current.get() == PRIORS
    models.activate(models.add(replace(PRIORS, typical=7.0), {}))
    clock[0] = EVERY - 1
    assert current.get() == PRIORS
    clock[0] = EVERY
    assert current.get().typical == 7.0


def test_a_running_service_needs_no_numpy():
    what = "import sys, services.loyalty.service; print('numpy' in sys.modules, 'scipy' in sys.modules)"
    code = f"import eventlet; eventlet.monkey_patch(); {what}"
    done = run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_commands_fit_judge_keep_list_and_go_back(infrastructure, mongo_client, program, monkeypatch):
    prefix = f"{unique_name()[:18]}_"
    monkeypatch.setenv("MONGODB_URI", infrastructure.mongodb_uri)
    monkeypatch.setenv("WAFA_DATABASE_PREFIX", prefix)

    def wafa(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["models", *arguments])

    try:
        assert "nobody has bought" in wafa("fit").stderr
        shop = LoyaltyStore(mongo_client[f"{prefix}loyalty"])
        purchases = (bought(f"c{who}", day, 9_00) for who in range(25) for day in range(who, 120, 7 + who))
        people.take_in(shop, Bus(), program, *purchases, now=NOW)

        made = json.loads(wafa("fit", "--json").stdout)
        assert (made["version"], made["customers"], made["until"]) == (1, 25, "2024-04-29")
        assert {one["horizon"] for one in made["evaluation"]} == {7, 28}
        assert "model 2: fitted to" in wafa("fit").stdout
        assert json.loads(wafa("list", "--json").stdout)["active"] == 2
        assert wafa("use", "1").exit_code == 0
        assert "1 (active)" in wafa("list").stdout
        assert "there is no model 7" in wafa("use", "7").stderr
    finally:
        mongo_client.drop_database(f"{prefix}loyalty")

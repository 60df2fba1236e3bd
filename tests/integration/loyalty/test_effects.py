"""The rules of effect against a real database: exactly once, whoever races and whatever dies in between."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.loyalty import handlers, queries, rebuilding, sweeping
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.domain.outlook.rhythm import RhythmPriors
from services.loyalty.domain.program import Program
from services.loyalty.redeeming import redeem
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.metrics import PENDING_AGE

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 18, tzinfo=UTC)


class Crash(Exception):
    """The process dies here."""


class Bus(list):
    """Keeps what was published; may die before or after it."""

    dies: str = ""

    def __call__(self, events: list[Event]) -> None:
        if self.dies == "before":
            raise Crash
        self.extend(events)
        if self.dies == "after":
            raise Crash

    def of(self, type: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self if event["type"] == type]


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def take_in(store: LoyaltyStore, bus: Bus, program: Program) -> Callable[..., list]:
    def take_in(*events: Event, now: datetime = NOW) -> list:
        return handlers.take_in(events, store, bus, program, now)

    return take_in


def pending_age() -> float:
    return PENDING_AGE.labels("loyalty")._value.get()


def bought(day: int, amount: str = "60.00", *, who: str = "mona", currency: str = "USD") -> Event:
    return recorded("purchase.completed.v1", f"p{day}", MARCH + timedelta(days=day), amount, who, currency)


def returned(day: int, of_day: int, amount: str, *, who: str = "mona") -> Event:
    return recorded(
        "purchase.returned.v1", f"r{day}", MARCH + timedelta(days=day), amount, who, purchase=f"p{of_day}"
    )


def granted(day: int, points: int, *, id: str = "g1", who: str = "mona") -> Event:
    event = recorded("points.granted.v1", f"{id} {day}", MARCH + timedelta(days=day), "0", who)
    event["data"]["data"] = {"grant_id": id, "points": points, "reason": "Sorry, Mona, for the late parcel"}
    return event


def recorded(
    kind: str,
    id: str,
    time: datetime,
    amount: str,
    who: str,
    currency: str = "USD",
    purchase: str | None = None,
) -> Event:
    key = derive_id(who, id)
    what = {"purchase_id": purchase or id, "total": {"amount": amount, "currency": currency}}
    data = {
        "interaction_id": key,
        "customer_id": who,
        "type": kind,
        "time": format_time(time),
        "source": "/till/1",
        "data": what,
    }
    id = derive_id(key, "recorded")
    return make_event(
        "interaction.recorded.v1", source="/wafa/interactions", id=id, time=time, data=data, correlation=key
    )


def test_purchases_become_a_member_a_recognition_and_a_tier(take_in: Callable, bus: Bus) -> None:
    take_in(bought(0), bought(9))

    assert bus.of("loyalty.member_updated.v1")[-1]["points"] == 120
    assert [one["purchase_count"] for one in bus.of("customer.recognized.v1")] == [2]
    [change] = bus.of("loyalty.tier_changed.v1")
    assert (change["from"], change["to"], change["cause"]) == ("member", "silver", "purchase")


def test_an_event_delivered_again_has_no_second_effect(
    take_in: Callable, bus: Bus, store: LoyaltyStore
) -> None:
    take_in(bought(0), bought(0), bought(9))
    take_in(bought(0), bought(9))

    assert store.members(["mona"])["mona"]["snapshot"]["purchase_count"] == 2
    assert len({event["id"] for event in bus if event["type"] == "customer.recognized.v1"}) == 1


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_worker_that_dies_while_publishing_loses_and_doubles_nothing(
    take_in: Callable, bus: Bus, store: LoyaltyStore, dies: str
) -> None:
    bus.dies = dies
    with pytest.raises(Crash):
        take_in(bought(0), bought(9))
    bus.dies = ""

    take_in(bought(0), bought(9))

    assert store.members(["mona"])["mona"]["snapshot"]["purchase_count"] == 2
    assert len({event["id"] for event in bus if event["type"] == "customer.recognized.v1"}) == 1
    assert bus.of("loyalty.member_updated.v1")[-1]["version"] == 1


def test_what_a_dead_worker_left_pending_is_finished_by_the_next_one_that_meets_the_customer(
    take_in: Callable, bus: Bus, store: LoyaltyStore
) -> None:
    bus.dies = "before"
    with pytest.raises(Crash):
        take_in(bought(0), bought(9))
    bus.dies = ""

    take_in(bought(12))

    assert len(bus.of("customer.recognized.v1")) == 1
    assert len(store.ledger(["mona"])["mona"]) == 3


def test_what_nobody_meets_again_is_finished_by_the_sweeper(
    take_in: Callable, bus: Bus, store: LoyaltyStore
) -> None:
    bus.dies = "before"
    with pytest.raises(Crash):
        take_in(bought(0), bought(9))
    bus.dies = ""

    assert sweeping.sweep(store, bus, NOW + timedelta(seconds=1)) == 0, "its worker may be alive"
    assert sweeping.sweep(store, bus, NOW + timedelta(minutes=1)) == 1
    assert sweeping.sweep(store, bus, NOW + timedelta(minutes=2)) == 0

    assert len(bus.of("customer.recognized.v1")) == 1
    assert len(store.ledger(["mona"])["mona"]) == 2


def test_the_sweeper_leaves_alone_what_is_settled(take_in: Callable, bus: Bus, store: LoyaltyStore) -> None:
    take_in(bought(0), bought(9))
    published = len(bus)

    assert sweeping.sweep(store, bus, NOW + timedelta(minutes=1)) == 0
    assert len(bus) == published


def test_workers_that_race_for_one_customer_apply_everything_once(
    store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    errors: list[BaseException] = []

    def work(days: range) -> None:
        try:
            for day in days:
                handlers.take_in([bought(day), bought(0)], store, bus, program, NOW)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(range(start, 16, 4),)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert errors == []
    assert store.members(["mona"])["mona"]["snapshot"]["purchase_count"] == 16
    assert len(store.ledger(["mona"])["mona"]) == 16


def test_a_late_purchase_comes_to_the_same_member_as_one_in_time(
    take_in: Callable, store: LoyaltyStore, program: Program
) -> None:
    for day in (9, 0, 5):
        take_in(bought(day))
    for day in (0, 5, 9):
        take_in(bought(day, who="in order"))

    late, in_time = (queries.member(store, program, who, NOW) for who in ("mona", "in order"))
    assert late is not None
    assert in_time is not None
    assert {**late, "customer_id": ""} == {**in_time, "customer_id": ""}


def test_a_return_before_its_purchase_takes_back_what_it_earned(
    take_in: Callable, store: LoyaltyStore
) -> None:
    take_in(returned(4, of_day=3, amount="60.00"))
    take_in(bought(3), bought(5, "10.00"))

    snapshot = store.members(["mona"])["mona"]["snapshot"]
    assert (snapshot["points"], snapshot["spend"]["amount"]) == (10, "10.00")


def test_a_currency_without_a_rate_is_refused_and_the_rest_is_applied(
    take_in: Callable, store: LoyaltyStore
) -> None:
    [refusal] = take_in(bought(0, currency="CHF"), bought(9))

    assert refusal.problem.reason == "no_exchange_rate"
    assert store.members(["mona"])["mona"]["snapshot"]["purchase_count"] == 1


def test_a_member_wakes_when_the_next_purchase_is_due_and_it_is_told_once_a_cycle(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0), bought(9))
    assert bus.of("repurchase.due.v1") == []

    for day in (17, 18, 19, 20):
        handlers.wake(store, bus, program, MARCH + timedelta(days=day))

    [due] = bus.of("repurchase.due.v1")
    assert (due["due_at"], due["mean_interval_days"]) == (format_time(MARCH + timedelta(days=18)), 9)
    take_in(bought(30), now=MARCH + timedelta(days=60))
    handlers.wake(store, bus, program, MARCH + timedelta(days=61))
    assert len(bus.of("repurchase.due.v1")) == 2


def test_a_replayed_history_announces_no_cycle_that_its_next_line_ends(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    years_later = MARCH + timedelta(days=900)
    for day in (0, 9, 14):
        take_in(bought(day), now=years_later)

    handlers.wake(store, bus, program, years_later)
    assert bus.of("repurchase.due.v1") == []
    for minutes in (2, 4):
        handlers.wake(store, bus, program, years_later + timedelta(minutes=minutes))

    [due] = bus.of("repurchase.due.v1")
    assert due["last_purchase_at"] == format_time(MARCH + timedelta(days=14))


def test_a_tier_ends_by_itself_when_its_hold_ends(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0, "100.00"))
    a_year, the_hold = timedelta(days=365), timedelta(days=90)

    handlers.wake(store, bus, program, MARCH + a_year + the_hold - timedelta(days=1))
    assert len(bus.of("loyalty.tier_changed.v1")) == 1
    handlers.wake(store, bus, program, MARCH + a_year + the_hold)

    assert bus.of("loyalty.tier_changed.v1")[-1] == {
        "customer_id": "mona", "from": "silver", "to": "member", "cause": "hold_ended",
    }  # fmt: skip


def test_waking_survives_a_worker_that_dies_in_between(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0), bought(9))
    bus.dies = "before"
    with pytest.raises(Crash):
        handlers.wake(store, bus, program, MARCH + timedelta(days=18))
    bus.dies = ""

    sweeping.sweep(store, bus, MARCH + timedelta(days=19))

    assert len(bus.of("repurchase.due.v1")) == 1
    assert store.members(["mona"])["mona"]["pending"] == []


def test_whoever_dies_and_whatever_model_comes_in_between_a_cycle_is_announced_under_one_id(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0), bought(9))
    due = MARCH + timedelta(days=18)
    slower, sooner = [
        replace(program, model=replace(PRIORS, rhythm=RhythmPriors(mean, weight=3, spread=1, steadiness=4)))
        for mean in (2, 0)
    ]
    for dies, model in (("before", program), ("after", slower), ("after", sooner)):
        bus.dies = dies
        with suppress(Crash):
            handlers.wake(store, bus, model, due)
        with suppress(Crash):
            sweeping.sweep(store, bus, due + timedelta(minutes=5))
    bus.dies = ""

    for day in range(19, 120, 10):
        for model in (sooner, slower, program):
            handlers.wake(store, bus, model, MARCH + timedelta(days=day))

    for type in ("repurchase.due.v1", "churn.risk_raised.v1"):
        assert len({event["id"] for event in bus if event["type"] == type}) == 1


def test_who_asks_is_told_what_is_to_be_expected_today(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0), bought(9))
    soon, late = [
        queries.member(store, program, "mona", MARCH + timedelta(days=day))["outlook"] for day in (10, 200)
    ]
    assert soon["chance_7_days"] <= soon["chance_28_days"] <= soon["chance_91_days"]
    for figure in ("chance_28_days", "active", "purchases"):
        assert soon[figure] > late[figure]
    assert (soon["value"]["currency"], soon["model"]) == ("USD", 0)
    assert "outlook" not in store.members(["mona"])["mona"]["snapshot"]


def test_a_card_tells_which_kinds_of_goods_are_due_and_a_return_counts(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    for day in (0, 4, 8, 9, 10):
        event = bought(day)
        category = "cups" if day > 8 else "beans"
        price = {"amount": "60.00", "currency": "USD"}
        event["data"]["data"]["lines"] = [
            {"sku": category, "category": category, "quantity": 1, "unit_price": price}
        ]
        take_in(event)
    take_in(returned(11, 9, "60.00"))

    told = queries.member(store, program, "mona", MARCH + timedelta(days=12), categories=True)
    assert told["due_categories"] == [
        {
            "category": "beans",
            "last_bought_at": "2026-03-09T00:00:00Z",
            "due_at": "2026-03-13T00:00:00Z",
            "expected_interval_days": 4.0,
        }
    ]
    assert "due_categories" not in queries.member(store, program, "mona", NOW)


def test_of_who_came_once_no_rhythm_is_claimed_but_a_chance_is_told(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0))
    once = queries.member(store, program, "mona", MARCH + timedelta(days=10))
    assert {"due_at", "due_window", "standing", "expected_interval_days"}.isdisjoint(once)
    assert once["outlook"]["chance_91_days"] > 0
    assert "active" not in once["outlook"]


def test_a_return_of_the_last_purchase_brings_no_cycle_back_that_was_announced(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0), bought(9), bought(20))
    handlers.wake(store, bus, program, MARCH + timedelta(days=100))
    assert len(bus.of("repurchase.due.v1")) == 1

    take_in(returned(21, 20, "60.00"), now=MARCH + timedelta(days=100))
    handlers.wake(store, bus, program, MARCH + timedelta(days=101))

    [due] = bus.of("repurchase.due.v1")
    assert due["last_purchase_at"] == format_time(MARCH + timedelta(days=20))
    assert store.members(["mona"])["mona"]["snapshot"]["due_at"].startswith("2026-03-19")


def test_several_workers_announce_who_is_due_and_at_risk_once(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    people = [f"p{number}" for number in range(20)]
    for one in people:
        take_in(bought(0, who=one), bought(9, who=one))
    later = MARCH + timedelta(days=60)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: handlers.wake(store, bus, program, later), range(4)))

    for type in ("repurchase.due.v1", "churn.risk_raised.v1"):
        assert sorted(one["customer_id"] for one in bus.of(type)) == sorted(people)
    assert store.waking(later, 500) == []


def test_a_member_of_an_older_version_is_no_difference_and_is_folded_anew_when_touched(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    for one in ("mona", "omar"):
        take_in(bought(0, who=one), bought(9, who=one))
    states = {one: member["state"] for one, member in store.members(["mona", "omar"]).items()}
    database["members"].update_many({}, {"$unset": {"state.trail": ""}})

    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []
    assert queries.member(store, program, "mona", NOW)["due_at"] == format_time(MARCH + timedelta(days=18))
    handlers.wake(store, bus, program, MARCH + timedelta(days=18))
    assert store.members(["mona"])["mona"]["state"] == states["mona"]

    database["members"].update_many({}, {"$unset": {"state.trail": ""}})
    rebuilding.rebuild_page(None, 10, True, store, bus, program, NOW)
    assert {one: member["state"] for one, member in store.members(["mona", "omar"]).items()} == states


def test_what_time_brought_about_is_settled_however_late_it_was_written(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    due = MARCH + timedelta(days=18)
    take_in(bought(0), bought(9))
    sweeping.sweep(store, bus, due + timedelta(minutes=5))
    bus.dies = "before"
    with pytest.raises(Crash):
        handlers.wake(store, bus, program, due)
    assert database["members"].count_documents({"unsettled_since": due}) == 1
    with pytest.raises(Crash):
        sweeping.sweep(store, bus, due + timedelta(minutes=6))
    assert pending_age() == 360
    bus.dies = ""

    assert sweeping.sweep(store, bus, due + timedelta(minutes=7)) == 1

    assert len(bus.of("repurchase.due.v1")) == 1
    assert pending_age() == 0
    assert sweeping.sweep(store, bus, due + timedelta(minutes=8)) == 0


def test_nothing_is_pending_thirty_seconds_later(take_in: Callable, store: LoyaltyStore, bus: Bus) -> None:
    bus.dies = "before"
    with pytest.raises(Crash):
        take_in(bought(0), bought(9))
    bus.dies = ""

    every_five = [sweeping.sweep(store, bus, NOW + timedelta(seconds=passed)) for passed in range(0, 31, 5)]

    assert sum(every_five) == 1
    assert len(store.ledger(["mona"])["mona"]) == 2


def test_a_redemption_counts_once_however_often_it_is_asked_for(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0, "50.00"))
    for _ in range(2):
        redeem("mona", "till-7-redemption-1", 20, store, bus, program, NOW)

    assert store.members(["mona"])["mona"]["snapshot"]["points"] == 30
    with pytest.raises(InvalidArgument, match="positive whole number"):
        redeem("mona", "till-7-redemption-2", -20, store, bus, program, NOW)


class Together(LoyaltyStore):
    """The store, whose first readers wait for each other: each has read before one of them has written."""

    def __init__(self, database: Database, parties: int) -> None:
        super().__init__(database)
        self._all_here = threading.Barrier(parties)
        self._has_waited = threading.local()

    def members(self, ids: Any) -> dict[str, Any]:
        found = super().members(ids)
        if not hasattr(self._has_waited, "done"):
            self._has_waited.done = True
            self._all_here.wait(30)
        return found


def redeemed_at_once(
    database: Database, bus: Bus, program: Program, *asked: tuple[str, int]
) -> list[str | None]:
    """Let several ask at the same moment; return why each was refused, in their order."""
    store = Together(database, len(asked))

    def one(redemption_id: str, points: int) -> str | None:
        answer = redeem("mona", redemption_id, points, store, bus, program, NOW)
        return answer and answer["error"]["reason"]

    with ThreadPoolExecutor(len(asked)) as threads:
        return [*threads.map(one, *zip(*asked, strict=True))]


def test_points_that_are_there_once_are_spent_once_by_those_who_ask_at_the_same_moment(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(bought(0, "50.00"))

    answers = redeemed_at_once(database, bus, program, *((f"till-{n}", 20) for n in range(4)))

    assert sorted(answers, key=str) == [None, None, "too_few_points", "too_few_points"]
    assert store.members(["mona"])["mona"]["snapshot"]["points"] == 10
    assert len(store.ledger(["mona"])["mona"]) == 3, "the purchase and two redemptions"


def test_one_redemption_asked_for_at_the_same_moment_is_made_once_and_of_one_number(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(bought(0, "50.00"))

    assert redeemed_at_once(database, bus, program, ("1", 20), ("1", 20)) == [None, None]
    assert store.members(["mona"])["mona"]["snapshot"]["points"] == 30
    assert {*redeemed_at_once(database, bus, program, ("2", 10), ("2", 15))} == {None, "other_points"}
    assert store.members(["mona"])["mona"]["snapshot"]["points"] in (15, 20)


def test_points_that_have_expired_since_the_member_was_last_seen_cannot_be_spent(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0, "50.00"))
    long_after = NOW + timedelta(days=5 * 365)

    answer = redeem("mona", "1", 20, store, bus, program, long_after)

    assert answer == {
        "error": {"reason": "too_few_points", "path": "points", "message": "the member has 0 points"}
    }


def test_what_stands_against_a_redemption_is_said_in_words_for_machines(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0, "50.00"))

    def refused(who: str, redemption_id: str, points: int) -> str:
        answer = redeem(who, redemption_id, points, store, bus, program, NOW)
        assert answer is not None
        return answer["error"]["reason"]

    assert refused("nobody", "1", 20) == "unknown_member"
    assert refused("mona", "1", 51) == "too_few_points"
    assert redeem("mona", "1", 50, store, bus, program, NOW) is None
    assert redeem("mona", "1", 50, store, bus, program, NOW) is None, "the till did not hear the answer"
    assert refused("mona", "1", 20) == "other_points"
    assert refused("mona", "2", 1) == "too_few_points"
    assert store.members(["mona"])["mona"]["snapshot"]["points"] == 0


def test_rebuild_finds_a_member_that_its_ledger_does_not_explain_and_puts_it_right(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(bought(0), bought(9), bought(3, who="omar"))
    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []
    database["members"].update_one({"_id": "mona"}, {"$set": {"state.spend": 1}})

    found = rebuilding.rebuild_page(None, 10, True, store, bus, program, NOW)

    assert found["different"] == [
        {"customer_id": "mona", "fields": [{"field": "spend", "live": 1, "ledger": 12000}]}
    ]
    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []


def test_rebuild_brings_back_a_member_that_is_lost(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(bought(0), bought(9), bought(3, who="omar"))
    before = queries.member(store, program, "mona", NOW)
    database["members"].delete_one({"_id": "mona"})

    found = rebuilding.rebuild_page(None, 10, True, store, bus, program, NOW)

    missing = {"field": "member", "live": None, "ledger": "in the ledger"}
    assert found["different"] == [{"customer_id": "mona", "fields": [missing]}]
    assert queries.member(store, program, "mona", NOW) == before


def test_rebuild_goes_through_everybody_page_by_page(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(*(bought(0, who=f"c{n}") for n in range(7)))
    database["members"].delete_many({"_id": {"$in": ["c0", "c3", "c6"]}})

    after, checked, lost = None, 0, []
    while True:
        page = rebuilding.rebuild_page(after, 2, False, store, bus, program, NOW)
        checked += page["checked"]
        lost += [one["customer_id"] for one in page["different"]]
        if (after := page["next"]) is None:
            break

    assert (checked, sorted(lost)) == (7, ["c0", "c3", "c6"])


def test_one_redemption_id_of_two_customers_is_two_redemptions(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program
) -> None:
    take_in(bought(0, "50.00"), bought(0, "50.00", who="omar"))
    for who in ("mona", "omar"):
        redeem(who, "1", 20, store, bus, program, NOW)

    assert [one["snapshot"]["points"] for one in store.members(["mona", "omar"]).values()] == [30, 30]


def test_the_ledger_explains_the_balance_entry_by_entry(
    take_in: Callable, store: LoyaltyStore, program: Program
) -> None:
    take_in(bought(0), bought(9), returned(10, of_day=9, amount="30.00"))

    found = queries.ledger(store, program, "mona", NOW)

    assert [(entry["kind"], entry["balance"]) for entry in found["entries"]] == [
        ("return", 90),
        ("purchase", 120),
        ("purchase", 60),
    ]
    assert found["next"] is None


def test_the_ledger_is_read_page_by_page_newest_first_by_any_id_and_by_nobodys_object(
    take_in: Callable, store: LoyaltyStore, program: Program
) -> None:
    take_in(*(bought(day) for day in range(7)))
    pages = [queries.ledger(store, program, "mona", NOW, limit=3)]
    while before := pages[-1]["next"]:
        pages.append(queries.ledger(store, program, "mona", NOW, before, 3))

    assert [len(page["entries"]) for page in pages] == [3, 3, 1]
    times = [one["time"] for page in pages for one in page["entries"]]
    assert times == sorted({*times}, reverse=True)
    assert len(times) == 7
    assert queries.ledger(store, program, "nobody", NOW) is None
    for wrong in ("yesterday", "", {"$gt": ""}, 5):
        with pytest.raises(InvalidArgument, match="before must be"):
            queries.ledger(store, program, "mona", NOW, wrong)


def test_no_member_is_found_by_an_object_that_a_query_would_read_as_an_operator(
    take_in: Callable, store: LoyaltyStore, program: Program
) -> None:
    take_in(bought(0))
    anybody: Any = {"$ne": ""}

    for look in (queries.member, queries.ledger):
        with pytest.raises(InvalidArgument, match="customer_id must be a string, not an object"):
            look(store, program, anybody, NOW)
    with pytest.raises(InvalidArgument, match="as_of must be a string, not a number"):
        queries.member(store, program, "mona", NOW, 2026)


def test_points_that_were_granted_are_in_the_ledger_with_their_reason(
    take_in: Callable, bus: Bus, store: LoyaltyStore, program: Program
) -> None:
    take_in(granted(2, 250), bought(0), granted(2, 250))
    take_in(granted(3, 250))

    shown = bus.of("loyalty.member_updated.v1")[-1]
    assert (shown["points"], shown["purchase_count"], shown["repeat"]) == (310, 1, False)
    assert shown["qualifying_spend"]["amount"] == "60.00"
    entries = queries.ledger(store, program, "mona", NOW)["entries"]
    assert [(one["kind"], one["earned"], one.get("reason")) for one in reversed(entries)] == [
        ("purchase", 60, None),
        ("grant", 250, "Sorry, Mona, for the late parcel"),
        ("grant", 0, "Sorry, Mona, for the late parcel"),
    ]
    assert queries.member(store, program, "mona", NOW, "2026-03-02")["points"] == 60
    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []


def test_whoever_was_only_given_points_is_a_member_who_has_bought_nothing(
    take_in: Callable, bus: Bus
) -> None:
    take_in(granted(2, 250))

    [shown] = bus.of("loyalty.member_updated.v1")
    assert (shown["points"], shown["purchase_count"]) == (250, 0)
    assert "last_purchase_at" not in shown
    assert bus.of("customer.recognized.v1") == []

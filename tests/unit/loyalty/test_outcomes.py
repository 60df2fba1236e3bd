"""What is announced of a member: each thing once, and with its cause."""

from datetime import datetime, timedelta
from math import sqrt

import pytest

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.outcomes import (
    Announced,
    Outcome,
    Recognized,
    RepurchaseDue,
    RiskRaised,
    TierChanged,
    outcomes,
)
from services.loyalty.domain.outlook.rhythm import RhythmPriors
from services.loyalty.domain.outlook.standing import Standing
from services.loyalty.domain.tiers import Cause

from .story import PROGRAM, at, bought, midnight, program, returned, seen


class Story:
    """A customer whose facts arrive, and whose member is looked at, now and then."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.announced = Announced()

    def arrive(self, when: str, *facts: Fact) -> list[Outcome]:
        self.facts += facts
        found, self.announced = outcomes(PROGRAM, self.announced, seen(when, *self.facts), facts)
        return found

    def look(self, when: datetime) -> list[Outcome]:
        return self.arrive(when.replace(tzinfo=None).isoformat())


def test_a_first_purchase_is_nothing_to_announce() -> None:
    assert Story().arrive("2024-01-05", bought("2024-01-05", "10")) == []


def test_a_purchase_that_lifts_is_announced_with_its_time() -> None:
    story = Story()
    story.arrive("2024-01-05", bought("2024-01-05", "60"))
    assert story.arrive("2024-01-06", bought("2024-01-06", "40")) == [
        TierChanged("member", "silver", Cause.PURCHASE, at("2024-01-06")),
        Recognized(at("2024-01-06"), 2),
    ]
    assert story.arrive("2024-01-06T18:00") == []


def test_a_batch_that_lifts_twice_is_one_change() -> None:
    purchases = bought("2024-01-05", "100"), bought("2024-01-05T18:00", "150")
    assert Story().arrive("2024-01-06", *purchases) == [
        TierChanged("member", "gold", Cause.PURCHASE, at("2024-01-05T18:00"))
    ]


def test_a_return_that_lowers_is_the_cause() -> None:
    story, purchase = Story(), bought("2024-01-05", "100")
    story.arrive("2024-01-05", purchase)
    assert story.arrive("2024-01-08", returned("2024-01-07", purchase, "50")) == [
        TierChanged("silver", "member", Cause.RETURN, at("2024-01-07"))
    ]


def test_the_end_of_a_hold_is_announced_without_any_fact() -> None:
    story = Story()
    story.arrive("2023-01-01", bought("2023-01-01", "100"))
    assert story.arrive("2024-01-30") == []
    assert story.arrive("2024-02-01") == [
        TierChanged("silver", "member", Cause.HOLD_ENDED, midnight("2024-01-31"))
    ]
    assert story.arrive("2024-02-02") == []


def test_a_late_purchase_that_lifts_is_the_cause_although_the_ledger_was_folded_anew() -> None:
    story = Story()
    story.arrive("2024-01-06", bought("2024-01-06", "60"), bought("2024-01-08", "1"))
    found = story.arrive("2024-01-09", bought("2024-01-07", "60"))
    assert found[0] == TierChanged("member", "silver", Cause.PURCHASE, at("2024-01-07"))


def test_a_late_fact_that_changes_the_past_is_a_correction() -> None:
    story, purchase = Story(), bought("2023-01-01", "100")
    story.arrive("2023-01-01", purchase)
    story.arrive("2024-02-01")
    # Known only now: bought before the hold ended, so that it never did.
    assert story.arrive("2024-02-02", bought("2023-12-01", "100")) == [
        TierChanged("member", "silver", Cause.CORRECTION, at("2023-01-01")),
        Recognized(at("2023-12-01"), 2),
    ]


def test_a_merge_that_brings_the_facts_of_another_is_a_correction() -> None:
    story = Story()
    story.arrive("2024-01-05", bought("2024-01-05", "60"))
    story.facts.append(bought("2024-01-02", "60"))
    assert TierChanged("member", "silver", Cause.CORRECTION, at("2024-01-05")) in story.arrive("2024-01-06")


def test_recognition_is_announced_once_even_if_it_is_lost_and_won_again() -> None:
    story = Story()
    first, second = bought("2024-01-05", "10"), bought("2024-01-06", "10")
    assert story.arrive("2024-01-06", first, second) == [Recognized(at("2024-01-06"), 2)]
    # The second purchase turns out to be another customer's.
    story.facts.remove(second)
    assert story.arrive("2024-01-07") == []
    assert story.arrive("2024-01-08", bought("2024-01-08", "10")) == []


def test_a_due_purchase_is_announced_when_its_time_has_come_and_once() -> None:
    story = Story()
    story.arrive("2024-01-11", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert story.arrive("2024-01-21T11:59:59.999") == []
    assert story.arrive("2024-01-21T12:00") == [
        RepurchaseDue(at("2024-01-21"), at("2024-01-11"), timedelta(days=10), pytest.approx(10))
    ]
    assert story.arrive("2024-01-25") == []


def test_the_next_purchase_begins_a_new_cycle() -> None:
    story = Story()
    story.arrive("2024-01-25", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert len(story.arrive("2024-01-25")) == 1
    story.arrive("2024-01-26", bought("2024-01-26", "10"))
    due, risk = story.arrive("2024-03-01")
    days = sqrt(10 * 15)
    assert due == RepurchaseDue(
        at("2024-01-26") + timedelta(milliseconds=round(days * 86_400_000)),
        at("2024-01-26"),
        timedelta(12.5),
        pytest.approx(days),
    )
    assert isinstance(risk, RiskRaised)


def test_who_bought_again_in_time_is_not_due() -> None:
    story = Story()
    story.arrive("2024-01-11", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert story.arrive("2024-01-21", bought("2024-01-20", "10")) == []


def test_a_late_purchase_that_moves_the_due_time_does_not_announce_it_again() -> None:
    story = Story()
    story.arrive("2024-01-25", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert story.arrive("2024-01-26", bought("2024-01-06", "10")) == []


def test_who_slips_away_is_told_of_once_after_each_last_purchase() -> None:
    story = Story()
    story.arrive("2024-01-11", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    view = seen("2024-01-12", *story.facts)
    assert view.due_at
    assert view.at_risk_at
    assert view.lost_at
    assert view.due_at < view.at_risk_at < view.lost_at
    story.look(view.due_at)
    assert story.look(view.at_risk_at - timedelta(milliseconds=1)) == []
    assert story.look(view.at_risk_at) == [
        RiskRaised(Standing.AT_RISK, view.at_risk_at, at("2024-01-11"), pytest.approx(10))
    ]
    assert story.look(view.lost_at) == []
    story.arrive("2026-01-01", bought("2026-01-01", "10"))
    assert len(story.look(at("2028-01-01"))) == 2


def test_a_return_that_takes_the_last_purchase_away_does_not_bring_back_what_was_said_after_it() -> None:
    story, last = Story(), bought("2024-01-22", "10")
    story.arrive("2024-01-22", bought("2024-01-01", "10"), bought("2024-01-11", "10"), last)
    said = story.look(at("2024-06-01"))
    assert [type(one) for one in said] == [RepurchaseDue, RiskRaised]
    story.arrive("2024-06-02", returned("2024-06-02", last, "10"))
    assert story.look(at("2024-06-03")) == []


def test_another_model_moves_what_is_due_but_no_cycle_is_announced_twice() -> None:
    story = Story()
    story.arrive("2024-01-11", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    (due,) = story.arrive("2024-01-21T12:00")
    assert isinstance(due, RepurchaseDue)
    slow = program(rhythm=RhythmPriors(mean=4, weight=5, spread=1, steadiness=4))
    later = seen("2024-01-22", *story.facts, by=slow).due_at
    assert later
    assert later > due.due_at
    found, _ = outcomes(slow, story.announced, seen(f"{later:%Y-%m-%d}T23:59", *story.facts, by=slow))
    assert found == []

"""What is announced of a member: each thing once, and with its cause."""

from datetime import timedelta

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.outcomes import (
    Announced,
    Outcome,
    Recognized,
    RepurchaseDue,
    TierChanged,
    outcomes,
)
from services.loyalty.domain.tiers import Cause

from .story import PROGRAM, at, bought, midnight, returned, seen


class Story:
    """A customer whose facts arrive, and whose member is looked at, now and then."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.announced = Announced()

    def arrive(self, when: str, *facts: Fact) -> list[Outcome]:
        self.facts += facts
        found, self.announced = outcomes(PROGRAM, self.announced, seen(when, *self.facts), facts)
        return found


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
        RepurchaseDue(at("2024-01-21"), at("2024-01-11"), timedelta(days=10))
    ]
    assert story.arrive("2024-01-25") == []


def test_the_next_purchase_begins_a_new_cycle() -> None:
    story = Story()
    story.arrive("2024-01-25", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    story.arrive("2024-01-26", bought("2024-01-26", "10"))
    (due,) = story.arrive("2024-03-01")
    assert due == RepurchaseDue(
        at("2024-01-26") + timedelta(days=12, hours=12), at("2024-01-26"), timedelta(12.5)
    )


def test_who_bought_again_in_time_is_not_due() -> None:
    story = Story()
    story.arrive("2024-01-11", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert story.arrive("2024-01-21", bought("2024-01-20", "10")) == []


def test_a_late_purchase_that_moves_the_due_time_does_not_announce_it_again() -> None:
    story = Story()
    story.arrive("2024-01-25", bought("2024-01-01", "10"), bought("2024-01-11", "10"))
    assert story.arrive("2024-01-26", bought("2024-01-06", "10")) == []

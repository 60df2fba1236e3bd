"""The reason for an offer, as staff read it: Arabic counts in forms of its own."""

import pytest

from services.loyalty.domain.offers.suggesting import Reason, Suggestion
from services.loyalty.offering.words import say


@pytest.mark.parametrize(
    ("days", "arabic", "english"),
    [
        (0, "اليوم", "today"),
        (1, "أمس", "yesterday"),
        (2, "قبل يومين", "2 days ago"),
        (3, "قبل 3 أيام", "3 days ago"),
        (10, "قبل 10 أيام", "10 days ago"),
        (11, "قبل 11 يومًا", "11 days ago"),
        (100, "قبل 100 يوم", "100 days ago"),
        (103, "قبل 103 أيام", "103 days ago"),
    ],
)
def test_days_are_counted_as_each_language_does(days: int, arabic: str, english: str) -> None:
    said = say(Suggestion("beans", Reason.RUNS_OUT, {"every_days": 30, "since_days": days}), "Beans")
    assert f"وآخر مرة كانت {arabic}." in said["ar"]
    assert f"the last time was {english}." in said["en"]


def test_who_buys_daily_buys_every_day() -> None:
    said = say(Suggestion("bread", Reason.REPLENISH, {"times": 9, "every_days": 1, "since_days": 1}), "Bread")
    assert "about every day;" in said["en"]
    assert "مرة كل يوم،" in said["ar"]


def test_a_name_is_no_template_and_turns_no_sentence_around() -> None:
    said = say(Suggestion("beans", Reason.POPULAR, {"percent": 4}), "{percent.__class__} {0} %s")
    assert said["en"] == "4% of purchases lately had {percent.__class__} {0} %s."
    assert "\u2068{percent.__class__} {0} %s\u2069" in said["ar"]


def test_every_reason_has_its_words_in_both_languages() -> None:
    figures = {"times": 2, "since_days": 3, "every_days": 30, "percent": 41}
    for reason in Reason:
        said = say(Suggestion("beans", reason, figures, "filters"), "Beans", "Filters", "sweets")
        for text in said.values():
            assert "{" not in text
            assert ("Beans" in text) is (reason != Reason.CATEGORY)
        assert ("41%" in said["ar"]) is ("41%" in said["en"])

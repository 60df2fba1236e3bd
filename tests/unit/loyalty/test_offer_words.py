"""The reason for an offer, as staff read it: Arabic counts in forms of its own."""

import pytest

from services.loyalty.domain.offers.suggesting import Reason, Suggestion
from services.loyalty.offering.words import say


@pytest.mark.parametrize(
    ("days", "arabic", "english"),
    [
        (1, "يوم واحد", "1 day"),
        (2, "يومين", "2 days"),
        (3, "3 أيام", "3 days"),
        (10, "10 أيام", "10 days"),
        (11, "11 يومًا", "11 days"),
        (100, "100 يوم", "100 days"),
        (103, "103 أيام", "103 days"),
    ],
)
def test_days_are_counted_as_each_language_does(days: int, arabic: str, english: str) -> None:
    said = say(Suggestion("beans", Reason.RUNS_OUT, {"every_days": 30, "since_days": days}), "Beans")
    assert f"وقد مضى {arabic}." in said["ar"]
    assert f"{english} have passed" in said["en"]


def test_every_reason_has_its_words_in_both_languages() -> None:
    figures = {"times": 2, "since_days": 3, "every_days": 30, "percent": 41}
    for reason in Reason:
        said = say(Suggestion("beans", reason, figures, "filters"), "Beans", "Filters", "sweets")
        for text in said.values():
            assert "{" not in text
            assert ("Beans" in text) is (reason != Reason.CATEGORY)
        assert ("41%" in said["ar"]) is ("41%" in said["en"])

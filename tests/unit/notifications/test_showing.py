"""A campaign in short, for people: its steps as they stand in the file."""

from datetime import timedelta

import pytest

from services.notifications.campaigns.showing import _step
from services.notifications.domain.campaign import Branch, Wait
from services.notifications.domain.segment import parse

BOUGHT = parse({"field": "repeat", "op": "eq", "value": True})


@pytest.mark.parametrize(
    ("delay", "written"),
    [
        (timedelta(days=3), "3d"),
        (timedelta(weeks=2), "2w"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
    ],
)
def test_a_wait_is_as_long_as_the_file_says(delay: timedelta, written: str) -> None:
    assert _step(Wait("pause", delay)) == f"pause: wait {written}"


def test_a_branch_says_where_each_arm_leads() -> None:
    branch = Branch("bought", BOUGHT, then=(Wait("a", timedelta(days=1)), Wait("b", timedelta(days=1))))
    assert _step(branch) == "bought: branch, then a, b, else nothing"

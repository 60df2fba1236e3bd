"""What is decided and what is sent is counted, by reason and by channel, and by no customer."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from services.notifications.what_if.previewing import preview
from services.notifications.what_if.rehearsing import Look
from tests.integration.notifications.test_sending import came_back
from tests.unit.notifications.builders import complained

Counted = Callable[[], dict[tuple[str, ...], float]]


@pytest.fixture
def counted() -> Counted:
    """What has been counted since, by the metric's name without `wafa_` and its labels."""

    def figures() -> dict[tuple[str, ...], float]:
        return {
            (
                sample.name.removeprefix("wafa_"),
                *(value for _, value in sorted(sample.labels.items())),
            ): sample.value
            for family in REGISTRY.collect()
            if family.name in ("wafa_decisions", "wafa_sends", "wafa_send_seconds")
            for sample in family.samples
            if sample.name.endswith(("_total", "_count"))
        }

    before = figures()
    return lambda: {
        name: value - before.get(name, 0) for name, value in figures().items() if value > before.get(name, 0)
    }


def test_a_message_that_went_out_is_a_decision_and_a_send(notifications, post_office, counted):
    notifications.take_in(*came_back("sara", "omar"))
    notifications.send()
    assert counted() == {
        ("decisions_total", "send", ""): 2,
        ("sends_total", "email", "accepted"): 2,
        ("send_seconds_count", "email"): 2,
    }


def test_a_message_that_is_not_sent_counts_with_its_reason(notifications, post_office, counted):
    notifications.take_in(*came_back("sara"), complained("sara", "opened", id="c1"))
    notifications.send()
    assert counted() == {("decisions_total", "drop", "open_complaint"): 1}


def test_every_answer_of_the_far_end_counts_and_each_is_a_decision_of_its_own(
    notifications, post_office, counted
):
    notifications.take_in(*came_back("sara"))
    post_office.to_recipient = lambda address: "451 Later"
    notifications.send()
    notifications.later(minutes=1)
    post_office.to_recipient = lambda address: "550 Never"
    notifications.send()
    assert counted() == {
        ("decisions_total", "send", ""): 2,
        ("sends_total", "email", "put_off"): 1,
        ("sends_total", "email", "refused"): 1,
        ("send_seconds_count", "email"): 2,
    }


def test_nothing_is_counted_of_a_preview(notifications, counted):
    notifications.take_in(*came_back("sara"))
    look = Look(
        notifications.store, notifications.book, dict.fromkeys(["email"]), notifications.delivery.write
    )
    preview(look, "recognition", None, notifications.now)
    assert counted() == {}

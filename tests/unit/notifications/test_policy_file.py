"""The house rules: a mistake stops the service with a message that names the line."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from services.notifications.campaigns.policy import ChannelPolicy, Cost, PolicyError, load_policy
from services.notifications.domain.cap import Cap
from services.notifications.domain.quiet import QuietHours
from wafa.runtime.settings import DEFAULT_OUTREACH

RIGHT = """\
zone: Asia/Riyadh
locale: ar
quiet_hours: 22:00-08:30
caps:
  - {messages: 3, within: 7d}
channels:
  email: {}
  sms: {rate: 600/m, cost: {amount: 0.045, currency: USD}, in_flight: never}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "outreach.yml"


def test_right_rules(file: Path) -> None:
    file.write_text(RIGHT)
    rules = load_policy(file)
    assert (rules.zone, rules.locale) == ("Asia/Riyadh", "ar")
    assert rules.quiet_hours == QuietHours(time(22), time(8, 30))
    assert rules.caps == (Cap(3, timedelta(days=7)),)
    assert rules.channel("sms") == ChannelPolicy(10.0, Cost(Decimal("0.045"), "USD"), "never")
    assert rules.channel("email") == rules.channel("phone") == ChannelPolicy()


def test_the_rules_that_are_shipped_cap_by_day_and_by_week() -> None:
    rules = load_policy(DEFAULT_OUTREACH)
    assert rules.caps == (Cap(2, timedelta(days=1)), Cap(4, timedelta(days=7)))
    assert rules.quiet_hours == QuietHours(time(21), time(9))
    assert {rules.channel(one).in_flight for one in ("sms", "whatsapp")} == {"never"}


def test_without_caps_and_quiet_hours_there_are_none(file: Path) -> None:
    file.write_text("zone: UTC\nlocale: en\n")
    rules = load_policy(file)
    assert (rules.caps, rules.quiet_hours) == ((), None)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("zone: Asia/Riyadh", "zone: Riyadh", "1: zone: expected a time zone such as Asia/Riyadh"),
        ("locale: ar\n", "", "1: locale: is missing, expected a language"),
        ("22:00-08:30", "at night", "3: quiet_hours: expected hours such as 21:00-09:00"),
        ("messages: 3", "messages: 0", "5: caps[0].messages: expected a whole number from 1"),
        ("within: 7d", "within: week", "5: caps[0].within: expected a time such as 90m"),
        ("  - {messages: 3, within: 7d}", "  messages: 3", "4: caps: expected a list of caps"),
        ("  email: {}", "  pigeon: {}", "7: channels.pigeon: expected email, sms, whatsapp or phone"),
        ("600/m", "fast", "8: channels.sms.rate: expected messages in a time, such as 50/s"),
        ("600/m", "0/s", "8: channels.sms.rate: expected messages in a time"),
        ("amount: 0.045", "amount: -1", "8: channels.sms.cost.amount: expected an amount"),
        ("USD", "DOLLAR", "8: channels.sms.cost.currency: expected an ISO 4217 currency"),
        ("never", "maybe", "8: channels.sms.in_flight: expected again or never, not 'maybe'"),
        ("zone: Asia/Riyadh", "zone: [", "is no YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(file: Path, right: str, wrong: str, told: str) -> None:
    file.write_text(RIGHT.replace(right, wrong))
    with pytest.raises(PolicyError) as caught:
        load_policy(file)
    assert str(caught.value).startswith(f"{file}, line ")
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(PolicyError, match=r"outreach\.yml: cannot be read"):
        load_policy(file)

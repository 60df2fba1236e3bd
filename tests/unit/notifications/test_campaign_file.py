"""A campaign's file: every mistake is told, each with its line, before anybody is contacted."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from services.notifications.campaigns.file import CampaignError, completed, load, read
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.domain.campaign import (
    Branch,
    Broadcast,
    Campaign,
    Grant,
    Message,
    On,
    Purpose,
    Trigger,
    Wait,
)
from services.notifications.domain.quiet import QuietHours
from services.notifications.texts.written import FOLDER, read_texts
from wafa.runtime.marked_yaml import BrokenFile

NIGHT = QuietHours(time(21), time(9))
POLICY = OutreachPolicy(zone="Asia/Riyadh", locale="ar", quiet_hours=NIGHT)
EXAMPLES = Path(__file__).parents[3] / "deploy" / "config" / "campaigns"

RIGHT = """\
campaign: win-back
title: {en: We miss you, ar: اشتقنا إليك}
purpose: marketing
audience: {field: points, op: ge, value: 50}
start: {broadcast: 2026-12-01T09:00:00+03:00}
holdout: 12.5%
priority: 70
window: 3w
keep_trying: 36h
quiet_hours: 22:30-07:00
zone: Africa/Cairo
locale: ar-EG
exit_on_purchase: true
steps:
  - message: {id: hello, template: win_back, channels: [whatsapp, email]}
  - wait: 3d
  - branch:
      id: rich
      if: {field: points, op: gt, value: 500}
      then:
        - message: {id: more, template: win_back, channels: [email]}
        - wait: {id: a-night, for: 12h}
      else:
        - grant: {id: gift, points: 20, reason: A gift}
"""


def made(text: str, policy: OutreachPolicy = POLICY, templates: tuple[str, ...] | None = None) -> Campaign:
    return load(read(text).content, 3, policy, templates=templates)


def mistakes(text: str, templates: tuple[str, ...] | None = None) -> list[str]:
    marked = read(text)
    with pytest.raises(CampaignError) as caught:
        load(marked.content, 1, POLICY, templates=templates)
    found = sorted((marked.line(one.place), one.path, one.message) for one in caught.value.mistakes)
    return [f"{line} {path}: {message}" for line, path, message in found]


def test_a_right_file_is_a_campaign() -> None:
    campaign = made(RIGHT)

    assert (campaign.key, campaign.purpose, campaign.title["ar"]) == (
        "win-back@3",
        Purpose.MARKETING,
        "اشتقنا إليك",
    )
    assert campaign.start == Broadcast(datetime(2026, 12, 1, 6, tzinfo=UTC))
    assert (campaign.holdout, campaign.priority, campaign.exit_on_purchase) == (1250, 70, True)
    assert (campaign.window, campaign.keep_trying) == (timedelta(weeks=3), timedelta(hours=36))
    assert (campaign.quiet_hours, campaign.zone) == (QuietHours(time(22, 30), time(7)), "Africa/Cairo")
    hello, wait, branch = campaign.steps
    assert hello == Message("hello", "win_back", ("whatsapp", "email"))
    assert wait == Wait("wait-1", timedelta(days=3))
    assert isinstance(branch, Branch)
    assert branch.then[1] == Wait("a-night", timedelta(hours=12))
    assert branch.otherwise == (Grant("gift", 20, "A gift"),)


def test_what_a_campaign_leaves_out_is_as_the_house_rules_say() -> None:
    text = RIGHT
    for name in ("quiet_hours", "zone", "locale", "window", "keep_trying", "priority", "holdout"):
        text = "\n".join(line for line in text.splitlines() if not line.startswith(name))
    campaign = made(text)
    assert (campaign.quiet_hours, campaign.zone, campaign.locale) == (NIGHT, "Asia/Riyadh", "ar")
    assert (campaign.holdout, campaign.priority, campaign.window) == (0, 50, timedelta(days=14))


def test_the_quiet_hours_of_the_house_are_for_marketing() -> None:
    text = "\n".join(line for line in RIGHT.splitlines() if not line.startswith("quiet_hours"))
    assert made(text.replace("purpose: marketing", "purpose: service")).quiet_hours is None
    assert made(RIGHT.replace("22:30-07:00", "none")).quiet_hours is None


def test_house_rules_that_change_later_do_not_change_a_version() -> None:
    text = "\n".join(
        line for line in RIGHT.splitlines() if not line.startswith(("quiet_hours", "zone", "locale"))
    )
    kept = completed(read(text).content, POLICY)
    later = OutreachPolicy(zone="UTC", locale="en", quiet_hours=None)
    assert load(kept, 3, later) == made(text)


def test_json_means_the_same_as_yaml() -> None:
    content = {
        "campaign": "thanks",
        "title": {"en": "Thanks", "ar": "شكرا"},
        "purpose": "transactional",
        "start": {"on": "loyalty.tier_changed", "where": {"to": "gold"}, "delay": "2h"},
        "priority": 9,
        "exit_on_purchase": False,
        "steps": [{"message": {"id": "a", "template": "b", "channels": ["sms"]}}],
    }
    start = load(content, 1, POLICY).start
    assert start == Trigger(On.TIER_CHANGED, timedelta(hours=2), {"to": ("gold",)})


WRONG = [
    ("campaign: win-back", "campaign: Win Back", "1 campaign: expected a short name"),
    ("campaign: win-back", f"campaign: {'x' * 61}", "1 campaign: expected a short name"),
    ("campaign: win-back\n", "", "1 campaign: is missing"),
    (", ar: اشتقنا إليك", "", "2 title.ar: is missing, expected the title in Arabic"),
    ("purpose: marketing", "purpose: promo", "3 purpose: expected marketing, service or transactional"),
    ("purpose: marketing", "purpose: transactional", "6 holdout: expected none"),
    ("op: ge", "op: about", "4 audience.op: 'about' is no op for points"),
    ("value: 50}", "value: {start: true}}", "4 audience.value: "),
    (
        "audience: {field: points, op: ge, value: 50}\n",
        "",
        "1 audience: is missing: a broadcast needs a rule that says whom it is for",
    ),
    ("2026-12-01T09:00:00+03:00", "tomorrow", "5 start.broadcast: expected now, or a moment"),
    ("2026-12-01T09:00:00+03:00", "2026-12-01T09:00:00", "5 start.broadcast: expected now, or a moment"),
    ("broadcast: 2026-12-01T09:00:00+03:00", "delay: 2h", "5 start: expected either `broadcast` or `on`"),
    ("2026-12-01T09:00:00+03:00", "now, delay: 2h", "5 start.delay: is for what starts `on` something"),
    ("broadcast: 2026-12-01T09:00:00+03:00", "on: payday", "5 start.on: expected customer.recognized, "),
    (
        "broadcast: 2026-12-01T09:00:00+03:00",
        "on: repurchase.due, where: {colour: red}",
        "5 start.where.colour: is not known of repurchase.due",
    ),
    (
        "broadcast: 2026-12-01T09:00:00+03:00",
        "on: repurchase.due, days_before: 3",
        "5 start.days_before: expected none for repurchase.due",
    ),
    (
        "broadcast: 2026-12-01T09:00:00+03:00",
        "on: points.expiring",
        "5 start.days_before: is missing",
    ),
    (
        "broadcast: 2026-12-01T09:00:00+03:00",
        "on: anniversary, where: {day: x}",
        "5 start.where: expected none for anniversary",
    ),
    ("holdout: 12.5%", "holdout: 60%", "6 holdout: expected a share such as 10% (from 0% to 50%), not '60%'"),
    ("holdout: 12.5%", "holdout: 0.125", "6 holdout: expected a share"),
    ("priority: 70", "priority: 101", "7 priority: expected a whole number from 0 to 100, not 101"),
    ("window: 3w", "window: 3 weeks", "8 window: expected a time such as 90m, 2h, 3d or 2w"),
    ("keep_trying: 36h", "keep_trying: 900d", "9 keep_trying: expected a time"),
    ("keep_trying: 36h", "keep_trying: 0m", "9 keep_trying: expected more than nothing"),
    ("keep_trying: 36h", "keep_trying: ٣h", "9 keep_trying: expected a time"),
    ("We miss you", '"\\ud800"', "2 title.en: expected text without NUL and half characters"),
    ("We miss you", '"a\\tb"', "2 title.en: expected the title in English"),
    ("We miss you", "x" * 201, "2 title.en: expected the title in English, at most 200"),
    ("value: 500", 'value: "\\0"', "19 steps[2].branch.if.value: expected text without NUL"),
    ("22:30-07:00", "22:30-24:00", "10 quiet_hours: expected hours such as 21:00-09:00, or none"),
    ("Africa/Cairo", "Cairo", "11 zone: expected a time zone"),
    ("Africa/Cairo", "../../etc/passwd", "11 zone: expected a time zone"),
    ("ar-EG", "xx-YY", "12 locale: expected a language"),
    ("exit_on_purchase: true", "exit_on_purchase: yes", "13 exit_on_purchase: expected true or false"),
    ("exit_on_purchase: true", "exit: true", "13 exit: is not a name that is known here"),
    ("id: hello", "id: hello world", "15 steps[0].message.id: expected a short name"),
    ("id: hello", "id: more", "21 steps[2].branch.then[0].message.id: more is the id of an earlier step"),
    ("whatsapp, email]", "pigeon]", "15 steps[0].message.channels[0]: expected email, sms"),
    ("whatsapp, email]", "email, email]", "15 steps[0].message.channels: expected at least one channel"),
    ("[whatsapp, email]", "[]", "15 steps[0].message.channels: expected at least one channel"),
    ("  - wait: 3d", "  - wait: soon", "16 steps[1].wait: expected a time"),
    ("  - wait: 3d", "  - sleep: 3d", "16 steps[1]: expected one of message, wait, branch, grant, not sleep"),
    ("op: gt, value: 500", "op: gt", "19 steps[2].branch.if.value: is required"),
    ("      if: {field: points, op: gt, value: 500}\n", "", "17 steps[2].branch.if: is missing"),
    ("for: 12h", "for: 12", "22 steps[2].branch.then[1].wait.for: expected a time"),
    ("points: 20,", "points: 0,", "24 steps[2].branch.else[0].grant.points: expected a whole number"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
def test_a_mistake_is_told_with_its_line(right: str, wrong: str, told: str) -> None:
    assert right in RIGHT
    found = mistakes(RIGHT.replace(right, wrong))
    assert [one for one in found if one.startswith(told)], found
    assert len(found) == 1


def test_all_mistakes_are_told_at_once() -> None:
    text = RIGHT
    for right, wrong, _ in (WRONG[0], WRONG[3], WRONG[-1]):
        text = text.replace(right, wrong)
    assert len(mistakes(text)) == 3


def test_a_template_that_nobody_wrote_is_told() -> None:
    assert mistakes(RIGHT, templates=("thanks",)) == [
        "15 steps[0].message.template: there is no template win_back",
        "21 steps[2].branch.then[0].message.template: there is no template win_back",
    ]


def test_a_journey_without_a_message_or_grant_does_nothing() -> None:
    text = RIGHT[: RIGHT.index("steps:")] + "steps:\n  - wait: 3d\n"
    assert mistakes(text) == ["14 steps: expected at least one message"]


def test_a_gift_before_any_message_would_reach_who_is_held_out() -> None:
    first = "steps:\n  - grant: {id: early, points: 5, reason: A gift}\n"
    found = mistakes(RIGHT.replace("steps:\n", first))
    assert found == ["15 steps[0].grant: expected a message before it: until then nobody is held out"]


def test_a_gift_on_the_arm_without_a_message_is_found() -> None:
    steps = """\
steps:
  - branch:
      id: a
      if: {segment: loyal}
      then: [{message: {id: m, template: win_back, channels: [email]}}]
  - grant: {id: late, points: 5, reason: A gift}
"""
    text = RIGHT[: RIGHT.index("steps:")] + steps
    assert mistakes(text) == [
        "19 steps[1].grant: expected a message before it: until then nobody is held out"
    ]


def test_fifty_steps_are_the_most() -> None:
    message = "  - message: {{id: m{}, template: win_back, channels: [email]}}\n"
    text = RIGHT[: RIGHT.index("steps:")] + "steps:\n"
    assert len(made(text + "".join(map(message.format, range(50)))).steps) == 50
    found = mistakes(text + "".join(map(message.format, range(51))))
    assert found == ["14 steps: expected at most 50 steps, not 51"]


def nested(depth: int) -> str:
    inner = "[{message: {id: m, template: win_back, channels: [email]}}]"
    for level in range(depth):
        inner = f"[{{branch: {{id: b{level}, if: {{segment: loyal}}, then: {inner}}}}}]"
    return RIGHT[: RIGHT.index("steps:")].replace("holdout: 12.5%\n", "") + f"steps: {inner}\n"


def test_five_branches_within_each_other_are_the_most() -> None:
    made(nested(5))
    assert "is nested too deeply" in " ".join(mistakes(nested(6)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1, 2", "is no YAML"),
        ("a: 1\na: 2", "'a' is there already"),
        ("&a [*a]", "refers to itself"),
        ("x" * 51_000, "is too long"),
        (nested(400), "nested too deeply"),
        ("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
         "e: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nf: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]", "holds too much"),
    ],
)  # fmt: skip
def test_a_file_that_would_cost_too_much_to_read_is_refused(text: str, told: str) -> None:
    with pytest.raises(BrokenFile, match=told):
        read(text)


def test_no_more_than_a_second_goes_into_what_is_nested_without_end() -> None:
    before = process_time()
    with pytest.raises(BrokenFile, match="nested too deeply"):
        read("[" * 49_000)
    assert process_time() - before < 1.5


def test_a_reason_that_no_event_can_carry_is_no_reason() -> None:
    """The points would be lost in quarantine."""
    grant: dict[str, Any] = {"grant": {"id": "gift", "points": 5, "reason": "x"}}
    content = {**read(RIGHT).content, "holdout": "0%", "steps": [grant]}
    for reason in ("x" * 201, "a\tb", " ", "a\nb"):
        grant["grant"]["reason"] = reason
        with pytest.raises(CampaignError, match="expected a reason that people can read"):
            load(content, 1, POLICY)


def test_data_that_would_cost_too_much_to_read_are_refused() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    for content in (deep, [0] * 10_000, {"steps": deep}):
        with pytest.raises(CampaignError, match="nested too deeply, or holds too much"):
            load(content, 1, POLICY)


@pytest.mark.parametrize(
    "content", [None, 1, "win-back", [], {"steps": {"$gt": ""}}, {"campaign": {"$ne": 1}}]
)
def test_whatever_comes_by_rpc_is_refused_in_words(content: object) -> None:
    with pytest.raises(CampaignError):
        load(content, 1, POLICY)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yml")), ids=lambda file: file.stem)
def test_the_examples_can_be_launched_as_they_are(file: Path) -> None:
    texts = read_texts(FOLDER)
    campaign = load(read(file.read_text("utf-8")).content, 1, POLICY, templates=tuple(texts))
    assert campaign.id == file.stem

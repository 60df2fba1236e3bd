"""What people do with campaigns: a version never changes, a pause holds at once, two commands never mix."""

import json
import threading
from typing import Any

import pytest

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.commands import Office
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.texts.findings import Finding
from tests.integration.notifications.campaigns import TEXTS, news, on
from tests.integration.notifications.parts import Notifications
from tests.unit.notifications.builders import NOON, complained, created, member_updated, recognized, told
from wafa.runtime.errors import InvalidArgument

FILE = """\
campaign: news
title: {en: News, ar: جديد}
purpose: service
audience: {field: points, op: ge, value: 50}
start: {broadcast: now}
steps:
  - message: {id: hello, template: news, channels: [email]}
"""


def known(*customers: str) -> list[Any]:
    return [event for one in customers for event in (created(one), member_updated(one))]


def people(number: int) -> list[str]:
    return [f"c{one:03}" for one in range(number)]


def draft(notifications: Notifications, content: Any, texts: Any = TEXTS) -> dict[str, Any]:
    return notifications.office.draft(content, texts, notifications.now)


def drafted(notifications: Notifications, content: Any, texts: Any = TEXTS) -> int:
    newest: int = draft(notifications, content, texts)["campaign"]["newest"]
    return newest


def shown(notifications: Notifications, campaign: str = "news") -> dict[str, Any]:
    found = notifications.office.show(campaign)
    assert found
    return found


def told_off(answer: dict[str, Any]) -> list[str]:
    return [one["message"] for one in answer["mistakes"]]


def test_a_file_becomes_a_draft_that_nobody_hears_of_before_its_launch(notifications):
    notifications.take_in(*known("sara"))
    answer = draft(notifications, FILE)
    assert answer["campaign"]["state"] == "draft"
    assert answer["campaign"]["newest"] == 1
    assert "version" not in answer["campaign"]
    assert notifications.plan() == 0
    assert notifications.office.launch("news", NOON)["campaign"]["state"] == "running"
    assert notifications.plan() == 1


def test_mistakes_in_a_file_have_lines_and_nothing_is_kept(notifications):
    wrong = FILE.replace("service", "promo").replace("points, op", "point, op")
    answer = draft(notifications, wrong)
    assert [
        (one["line"], one["path"]) for one in sorted(answer["mistakes"], key=lambda one: one["line"])
    ] == [
        (3, "purpose"),
        (4, "audience.field"),
    ]
    assert notifications.office.show("news") is None
    [broken] = draft(notifications, FILE.replace("{en: News,", "{en: News: ["))["mistakes"]
    assert (broken["line"], broken["message"].startswith("is no YAML")) == (2, True)


def test_a_check_keeps_nothing(notifications):
    assert notifications.office.check(FILE, TEXTS, NOON)["campaign"]["steps"] == [
        "hello: message news by email"
    ]
    assert told_off(notifications.office.check(FILE, {}, NOON)) == ["there is no template news"]
    assert notifications.office.show("news") is None


def test_the_same_file_again_is_no_new_version_another_one_is(notifications):
    assert [drafted(notifications, FILE) for _ in range(3)] == [1, 1, 1]
    assert drafted(notifications, FILE + "priority: 60\n") == 2
    assert drafted(notifications, FILE, {"news": {"en": {"subject": "x", "txt": "y"}}}) == 3
    assert drafted(notifications, FILE) == 4


def test_two_people_who_draft_at_once_get_a_version_each(notifications):
    together = threading.Barrier(4)
    versions = []

    def write(number: int) -> None:
        together.wait()
        versions.append(drafted(notifications, f"{FILE}priority: {number}\n"))

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = shown(notifications)
    kept = [version["content"]["priority"] for version in found["versions"]]
    assert set(kept) == {0, 1, 2, 3}
    assert found["newest"] == max(version["version"] for version in found["versions"])
    assert len(versions) == 4


def test_a_launch_is_refused_while_the_linter_finds_an_error_in_the_texts(notifications):
    found = [
        Finding("news", "ar", "txt", 3, "error", "no unsubscribe link"),
        Finding("news", "en", "txt", 1, "warning", "long"),
    ]
    office = Office(notifications.store, notifications.book, lambda texts, purpose: found)
    office.draft(FILE, TEXTS, NOON)
    assert office.launch("news", NOON)["mistakes"] == [
        {"path": "texts.news.ar.txt", "message": "line 3: no unsubscribe link"}
    ]
    assert shown(notifications)["state"] == "draft"
    del found[0]
    assert office.launch("news", NOON)["campaign"]["state"] == "running"


def test_the_linter_that_the_service_has_knows_texts_that_cannot_be_rendered(notifications):
    office = Office(notifications.store, notifications.book, notifications.delivery.renderer.check)
    office.draft(FILE, {"news": {"en": {"subject": "Hi", "txt": "{{ nonsense }}"}}}, NOON)
    assert any("nonsense" in message for message in told_off(office.launch("news", NOON)))


def test_what_cannot_be_done_is_said(notifications):
    office = notifications.office
    assert told_off(office.launch("news", NOON)) == ["there is no campaign 'news'"]
    drafted(notifications, FILE)
    assert told_off(office.pause("news")) == ["news is a draft: nothing of it goes out"]
    assert told_off(office.finish("news", NOON)) == ["news is a draft: nothing of it has begun"]
    office.launch("news", NOON)
    assert told_off(office.launch("news", NOON)) == ["version 1 runs already; draft another one to change it"]
    assert office.show("nobody") is None


def test_pause_and_resume_may_be_said_twice(notifications):
    notifications.launch(on("customer.recognized"), TEXTS)
    office = notifications.office
    states = [office.pause("customer-recognized"), office.pause("customer-recognized")]
    states += [office.resume("customer-recognized"), office.resume("customer-recognized")]
    assert [one["campaign"]["state"] for one in states] == ["paused", "paused", "running", "running"]


# A pause


def test_nothing_goes_out_of_what_is_paused_and_nothing_is_lost(notifications, post_office):
    notifications.take_in(*known(*people(40)))
    notifications.launch(news(), TEXTS)
    notifications.plan()
    notifications.office.pause("news")
    assert notifications.send() == 0
    assert post_office.messages == []
    notifications.office.resume("news")
    notifications.send()
    assert len(post_office.recipients) == len(set(post_office.recipients)) == 40


def test_after_a_pause_in_the_middle_nothing_goes_out_but_what_is_in_hand(notifications, post_office):
    notifications.take_in(*known(*people(120)))
    notifications.launch(news(), TEXTS)
    notifications.plan()
    paused = []

    def at_the_tenth(mail: Any) -> str:
        if len(post_office.messages) == 10 and not paused:
            notifications.office.pause("news")
            paused.append(len(post_office.messages))
        return "250 OK"

    post_office.to_mail = at_the_tenth
    outbox = notifications.outbox(slice_size=8)
    outbox.send_due(30)
    # The slice that was in hand, of 8, had begun before.
    assert 10 < len(post_office.messages) <= 24
    sent = len(post_office.messages)
    notifications.send()
    assert len(post_office.messages) == sent
    notifications.office.resume("news")
    notifications.send()
    assert len(post_office.recipients) == len(set(post_office.recipients)) == 120


def test_a_finished_broadcast_can_still_be_paused_while_its_messages_go_out(notifications, post_office):
    notifications.take_in(*known("sara"))
    notifications.launch(news(), TEXTS)
    notifications.plan()
    assert shown(notifications)["state"] == "finished"
    assert notifications.office.pause("news")["campaign"]["state"] == "paused"
    assert notifications.send() == 0
    assert notifications.office.resume("news")["campaign"]["state"] == "finished"
    assert notifications.send() == 1


def test_others_go_out_while_one_is_paused(notifications, post_office):
    notifications.launch(on("customer.recognized"), TEXTS)
    notifications.office.pause("customer-recognized")
    notifications.take_in(*known("sara"), recognized("sara"))
    notifications.send()
    assert [row.campaign for row in notifications.rows(state="sent")] == ["recognition"]


def test_who_gives_cause_during_a_pause_is_written_to_after_it(notifications, post_office):
    notifications.office.pause("recognition")
    notifications.take_in(*known("sara"), recognized("sara"))
    assert notifications.send() == 0
    notifications.later(days=1)
    notifications.office.resume("recognition")
    notifications.send()
    assert post_office.recipients == ["sara@example.com"]


def test_messages_of_a_pause_that_lasts_too_long_expire_instead_of_coming_late(notifications, post_office):
    notifications.office.pause("recognition")
    notifications.take_in(*known("sara"), recognized("sara"))
    notifications.later(days=4)
    notifications.office.resume("recognition")
    notifications.send()
    assert post_office.messages == []
    [row] = notifications.rows()
    assert (row.state, row.reason) == ("dropped", "expired")


# The one that is built in


def test_all_campaigns_are_listed_by_name_page_by_page(notifications):
    names = ["a-first", "news-1", "news-2", "spring", "zeal"]
    for name in names:
        draft(notifications, FILE.replace("news", name, 1))
    pages = [notifications.office.campaigns(limit=2)]
    while before := pages[-1]["next"]:
        pages.append(notifications.office.campaigns(before, 2))

    listed = [[one["campaign"] for one in page["campaigns"]] for page in pages]
    assert listed == [["a-first", "news-1"], ["news-2", "recognition"], ["spring", "zeal"]]


@pytest.mark.parametrize("before", ["recognition", "", {"$gt": ""}, 5])
def test_a_page_of_campaigns_that_begins_nowhere_is_told_by_its_argument(notifications, before):
    with pytest.raises(InvalidArgument, match="before must be"):
        notifications.office.campaigns(before)


def test_recognition_is_there_without_being_launched(notifications):
    [found] = notifications.office.campaigns()["campaigns"]
    assert (found["campaign"], found["state"], found["version"]) == ("recognition", "running", 0)
    assert found["title"]["ar"] == "شكرًا لعودتك"
    assert shown(notifications, "recognition")["versions"] == []


def test_recognition_can_be_finished_and_launched_again(notifications):
    notifications.take_in(*known("sara", "omar"))
    notifications.office.finish("recognition", NOON)
    notifications.take_in(recognized("sara"))
    assert notifications.rows() == []
    assert notifications.office.launch("recognition", NOON)["campaign"]["state"] == "running"
    notifications.take_in(recognized("omar"))
    assert [row.customer_id for row in notifications.rows()] == ["omar"]


def test_recognition_can_be_replaced_by_a_version_of_ones_own(notifications):
    own = on("customer.recognized") | {"campaign": "recognition"}
    own["steps"] = [{"message": {"id": "thanks", "template": "news", "channels": ["email"]}}]
    notifications.take_in(*known("sara", "omar"), recognized("sara"))
    drafted(notifications, own)
    assert "mistakes" not in notifications.office.launch("recognition", NOON)
    notifications.take_in(recognized("sara"), recognized("omar"))
    assert {row.customer_id: row.version for row in notifications.rows()} == {"sara": 0, "omar": 1}


# Edits while running


def test_an_edit_changes_later_journeys_only_and_sends_nobody_anything_twice(notifications, post_office):
    content = on("customer.recognized")
    notifications.office.finish("recognition", NOON)
    notifications.launch(content, TEXTS)
    notifications.take_in(*known("sara", "omar"), recognized("sara"))
    edited = {"news": {"en": {"subject": "Better news", "txt": "{{ unsubscribe }}"}}}
    drafted(notifications, content, edited)
    notifications.take_in(recognized("sara"))
    notifications.office.launch("customer-recognized", NOON)
    notifications.take_in(recognized("sara"), recognized("omar"))
    notifications.send()
    subjects = {str(mail["To"]): str(mail["Subject"]) for mail in post_office.messages}
    assert subjects == {"sara@example.com": "News", "omar@example.com": "Better news"}
    assert len(post_office.messages) == 2


def test_a_journey_goes_on_with_the_version_that_it_began_with(notifications, post_office):
    steps = [*news()["steps"], {"wait": "1d"}]
    content = on(
        "complaint.resolved",
        steps=[*steps, {"message": {"id": "old", "template": "news", "channels": ["email"]}}],
    )
    notifications.launch(content, TEXTS)
    notifications.take_in(*known("sara"), complained("sara", "resolved", id="i-1"))
    notifications.send()
    changed = [*steps, {"message": {"id": "new", "template": "news", "channels": ["email"]}}]
    notifications.launch({**content, "steps": changed}, TEXTS)
    notifications.later(days=1)
    notifications.send()
    assert {row.step: row.version for row in notifications.rows()} == {"hello": 1, "old": 1}


def test_what_was_launched_is_frozen_whatever_becomes_of_what_it_was_made_of(notifications):
    content = news()
    notifications.launch(content, TEXTS)
    content["steps"][0]["message"]["template"] = "other"
    before = notifications.book.version("news@1")
    notifications.rules(zone="Asia/Riyadh", locale="ar")
    assert notifications.book.version("news@1") == before
    assert json.loads(notifications.store.campaign_version("news@1").content)["zone"] == "UTC"


def test_a_version_that_cannot_be_read_any_more_holds_nobody_up(notifications, database, post_office):
    notifications.launch(on("customer.recognized"), TEXTS)
    database["campaign_versions"].update_one({}, {"$set": {"content": "{}"}})
    notifications.take_in(*known("sara"), recognized("sara"))
    assert Book(notifications.store, OutreachPolicy()).version("customer-recognized@1") is None
    notifications.send()
    assert [row.campaign for row in notifications.rows(state="sent")] == ["recognition"]


def test_a_launched_campaign_is_on_the_next_event(notifications):
    notifications.take_in(*known("sara"))
    notifications.launch(on("loyalty.tier_changed", start={"where": {"to": "gold"}}), TEXTS)
    data = {"customer_id": "sara", "from": "silver", "to": "gold", "cause": "purchase"}
    notifications.take_in(told("loyalty.tier_changed.v1", id="change", **data))
    assert [row.occurrence for row in notifications.rows()] == ["change"]
    notifications.office.finish("loyalty-tier-changed", NOON)
    notifications.take_in(told("loyalty.tier_changed.v1", id="change-2", **data))
    assert len(notifications.rows()) == 1


# Guards


def test_two_who_change_one_campaign_at_once_both_get_their_way_or_are_told(notifications):
    notifications.launch(on("customer.recognized"), TEXTS)
    together = threading.Barrier(2)

    def say(command: Any) -> None:
        together.wait()
        command()

    office = notifications.office
    threads = [
        threading.Thread(target=say, args=[lambda: office.pause("customer-recognized")]),
        threading.Thread(target=say, args=[lambda: office.finish("customer-recognized", NOON)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = shown(notifications, "customer-recognized")
    assert (found["state"], found["enrolling"]) == ("paused", False)


def test_a_change_that_was_made_on_old_knowledge_is_not_made(notifications):
    notifications.launch(on("customer.recognized"), TEXTS)
    before = notifications.store.control("customer-recognized")
    notifications.office.pause("customer-recognized")
    assert notifications.store.change_control(before, {"state": "finished"}) is None
    assert notifications.store.control("customer-recognized").paused


@pytest.mark.parametrize("name", [None, 1, {"$ne": ""}, ["news"]])
def test_a_name_is_a_string_or_the_database_is_not_asked(notifications, name):
    office = notifications.office
    for command in (office.pause, office.resume, office.show):
        with pytest.raises(InvalidArgument, match="campaign must be a string"):
            command(name)
    for command in (office.launch, office.finish):
        with pytest.raises(InvalidArgument, match="campaign must be a string"):
            command(name, NOON)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (1, {}),
        (None, {}),
        (FILE, []),
        (FILE, {"news": "text"}),
        (FILE, {"news": {"en": "text"}}),
        (FILE, {"news": {"en": {"txt": 1}}}),
        (FILE, {"news": {"en": {"smell": "text"}}}),
        (FILE, {"news": {"en": {"txt": "x" * 600_000}}}),
        (FILE, {f"t{number}": {} for number in range(101)}),
    ],
)
def test_arguments_of_another_type_or_size_are_refused(notifications, content, texts):
    with pytest.raises(InvalidArgument, match=r"must"):
        draft(notifications, content, texts)


@pytest.mark.parametrize(
    "content", [{"$where": "1"}, {"campaign": {"$ne": 1}}, [], {"steps": [{"$set": {}}]}]
)
def test_nobodys_data_become_an_operator(notifications, content):
    if isinstance(content, list):
        with pytest.raises(InvalidArgument, match="campaign must be"):
            draft(notifications, content)
    else:
        assert draft(notifications, content)["mistakes"]
    listed = notifications.office.campaigns()["campaigns"]
    assert [one["campaign"] for one in listed] == ["recognition"]

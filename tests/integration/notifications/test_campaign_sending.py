"""Campaigns on their way out: each story is named after the failure that it prevents."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.campaigns.policy import ChannelPolicy
from services.notifications.channels.webhook import FarEnd, Webhook
from services.notifications.domain.cap import Cap
from services.notifications.sending.sender import INTERRUPTED
from tests.integration.notifications.campaigns import TEXTS, news, on
from tests.integration.notifications.gateways import SECRET, Gateway
from tests.integration.notifications.parts import CONNECTIONS, Notifications, PostOffice
from tests.unit.notifications.builders import (
    created,
    erased,
    member_updated,
    recognized,
    recorded,
    repointed,
    told,
)
from wafa.contracts.envelope import Event

ONE_A_DAY = (Cap(1, timedelta(days=1)),)
DAY = timedelta(days=1)


class Died(BaseException):
    """What SIGKILL is to the code: nothing after it runs."""


def dies(*_: Any, **__: Any) -> None:
    raise Died


def known(*customers: str, **profile: Any) -> list[Event]:
    return [event for one in customers for event in (created(one, **profile), member_updated(one))]


def people(number: int) -> list[str]:
    return [f"c{one:03}" for one in range(number)]


def addresses(customers: list[str]) -> list[str]:
    return [f"{one}@example.com" for one in customers]


def together(*jobs: Callable[[], Any]) -> None:
    """Do all of it at once."""
    started = threading.Barrier(len(jobs))
    broken: list[BaseException] = []

    def work(job: Callable[[], Any]) -> None:
        started.wait()
        try:
            job()
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken, broken


def broadcast(notifications: Notifications, *campaigns: dict[str, Any]) -> None:
    """Launch campaigns, and plan whom they reach."""
    for one in campaigns:
        notifications.launch(one, TEXTS)
    notifications.plan()


def message(id: str, *channels: str) -> dict[str, Any]:
    return {"message": {"id": id, "template": "news", "channels": [*channels]}}


#: Two campaigns that want the same customers, and how urgent each is.
RIVALS = (news(campaign="sale", priority=10), news(campaign="birthday", priority=90))


# A pause


def test_a_pause_that_was_answered_lets_no_message_more_begin_however_long_the_slice(
    notifications: Notifications, post_office: PostOffice
) -> None:
    customers = people(60)
    notifications.take_in(*known(*customers))
    broadcast(notifications, news())

    def pauses_at_the_tenth(mail: Any) -> str:
        if len(post_office.messages) == 9:
            notifications.office.pause("news")
        return "250 OK"

    post_office.to_mail = pauses_at_the_tenth
    notifications.outbox(slice_size=60).send_due(30)
    assert 10 <= len(post_office.messages) < 10 + CONNECTIONS, "those in flight, one for each connection"
    assert notifications.send() == 0
    post_office.to_mail = lambda mail: "250 OK"
    notifications.office.resume("news")
    notifications.send()
    assert post_office.recipients == addresses(customers)


# The frequency cap


def test_two_workers_who_hold_two_messages_to_one_customer_do_not_both_send_over_the_cap(
    notifications: Notifications, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has claimed one before either has seen the other's: the worst moment there is."""
    notifications.rules(caps=ONE_A_DAY)
    notifications.take_in(*known("sara"))
    broadcast(notifications, *RIVALS)
    claimed = threading.Barrier(2)
    of_people = notifications.store.of_people

    def when_both_have_claimed(*args: Any) -> Any:
        claimed.wait(30)
        return of_people(*args)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "of_people", when_both_have_claimed)
        together(*[lambda: notifications.outbox(batch=1).send_due(0.001)] * 2)
    assert len(post_office.messages) <= 1
    notifications.later(seconds=6)
    notifications.send()
    assert [row.campaign for row in notifications.rows(state="sent")] == ["birthday"]
    notifications.later(days=1, minutes=1)
    notifications.send()
    sent = sorted((row.settled_at, row.campaign) for row in notifications.rows(state="sent"))
    assert [campaign for _, campaign in sent] == ["birthday", "sale"]
    assert sent[1][0] - sent[0][0] >= DAY


def test_two_workers_on_many_customers_with_two_campaigns_each_send_nobody_more_than_the_cap_allows(
    notifications: Notifications, post_office: PostOffice
) -> None:
    customers = people(60)
    notifications.rules(caps=ONE_A_DAY)
    notifications.take_in(*known(*customers))
    broadcast(notifications, *RIVALS)
    for _ in range(4):
        together(*[lambda: notifications.outbox(batch=7).send_due(30)] * 2)
        notifications.later(seconds=6)
    assert post_office.recipients == addresses(customers)
    assert {row.campaign for row in notifications.rows(state="sent")} == {"birthday"}


def test_what_has_failed_keeps_nobody_from_being_written_to(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.rules(caps=ONE_A_DAY)
    notifications.take_in(*known("sara"))
    post_office.to_recipient = lambda address: "550 not today"
    broadcast(notifications, news(campaign="birthday"))
    notifications.send()
    assert notifications.states() == {"failed": 1}
    post_office.to_recipient = lambda address: "250 OK"
    broadcast(notifications, news(campaign="sale"))
    notifications.send()
    assert [row.campaign for row in notifications.rows(state="sent")] == ["sale"]


def test_who_waited_for_a_place_under_the_cap_gets_it_as_soon_as_it_is_given_back(
    notifications: Notifications, post_office: PostOffice
) -> None:
    """The message that has the place fails; the other one had been put off until the day after."""
    notifications.rules(caps=ONE_A_DAY)
    notifications.take_in(*known("sara"))
    broadcast(notifications, *RIVALS)
    post_office.to_recipient = lambda address: "451 later"
    notifications.send()
    assert {row.campaign: row.reason for row in notifications.rows()} == {
        "birthday": None,
        "sale": "frequency_cap",
    }
    post_office.to_recipient = lambda address: "550 never"
    notifications.later(seconds=10)
    notifications.outbox(batch=1).send_due(0)
    assert [row.campaign for row in notifications.rows(state="failed")] == ["birthday"]
    post_office.to_recipient = lambda address: "250 OK"
    notifications.send()
    assert [row.campaign for row in notifications.rows(state="sent")] == ["sale"]


def test_what_somebody_waits_for_is_not_held_back_by_the_cap_and_takes_nobodys_place(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.rules(caps=ONE_A_DAY)
    notifications.take_in(*known("sara"))
    broadcast(notifications, news(campaign="news"), news(campaign="recall", purpose="transactional"))
    notifications.send()
    assert len(post_office.messages) == 2


# Channels


@pytest.fixture
def by_whatsapp(notifications: Notifications, gateway: Gateway) -> Iterator[Notifications]:
    """The same with another channel."""
    whatsapp = Webhook("whatsapp", FarEnd.parse("whatsapp", gateway.url(), SECRET, private=True))
    channels = {**notifications.delivery.channels, "whatsapp": whatsapp}
    notifications.delivery = replace(notifications.delivery, channels=channels)
    yield notifications
    whatsapp.close()


def test_who_is_not_on_whatsapp_is_not_lost_but_written_to_by_email_at_once(
    by_whatsapp: Notifications, gateway: Gateway, post_office: PostOffice
) -> None:
    gateway.status, gateway.body = 400, b"not on whatsapp"
    by_whatsapp.take_in(*known("sara", phones=["+966501234567"]))
    broadcast(by_whatsapp, news(steps=[message("hello", "whatsapp", "email")]))
    by_whatsapp.send()
    assert len(gateway.calls) == 1
    assert post_office.recipients == ["sara@example.com"]
    [row] = by_whatsapp.rows()
    assert (row.state, row.channel, row.tried) == ("sent", "email", ("whatsapp",))
    [event] = by_whatsapp.published
    assert (event["type"], event["data"]["channel"]) == ("outreach.sent.v1", "email")


def test_a_gateway_that_is_away_is_waited_for_and_holds_up_no_mail(
    by_whatsapp: Notifications, gateway: Gateway, post_office: PostOffice
) -> None:
    gateway.status = 503
    by_whatsapp.take_in(*known("sara", phones=["+966501234567"]))
    broadcast(by_whatsapp, news(steps=[message("hello", "whatsapp", "email")]), news(campaign="by-mail"))
    for _ in range(3):
        by_whatsapp.send()
        by_whatsapp.later(minutes=1)
    assert [row.campaign for row in by_whatsapp.rows(state="sent")] == ["by-mail"]
    gateway.status = 202
    by_whatsapp.later(minutes=10)
    by_whatsapp.send()
    assert by_whatsapp.states() == {"sent": 2}
    assert len(post_office.messages) == 1


def test_two_senders_at_once_hand_over_no_more_than_the_rate_that_they_share(
    notifications: Notifications, post_office: PostOffice
) -> None:
    customers = people(40)
    notifications.rules(channels={"email": ChannelPolicy(rate=5)})
    notifications.take_in(*known(*customers))
    broadcast(notifications, news())
    sent = []
    for _ in range(3):
        together(*[lambda: notifications.outbox(batch=10).send_due(30)] * 2)
        sent.append(len(post_office.messages))
        notifications.later(seconds=1)
    assert sent == [5, 10, 15]
    for _ in range(8):
        notifications.send()
        notifications.later(seconds=1)
    assert post_office.recipients == addresses(customers)


# Clocks


def test_a_clock_that_is_put_back_an_hour_in_the_middle_sends_nothing_twice_and_forgets_nobody(
    notifications: Notifications, post_office: PostOffice
) -> None:
    customers = people(40)
    notifications.take_in(*known(*customers))
    broadcast(notifications, news())

    def at_the_fifth(mail: Any) -> str:
        if len(post_office.messages) == 5:
            notifications.later(hours=-1)
        return "250 OK"

    post_office.to_mail = at_the_fifth
    notifications.outbox(batch=15, slice_size=8).send_due(30)
    for _ in range(3):
        notifications.send()
        notifications.later(minutes=31)
    assert post_office.recipients == addresses(customers)
    assert len({event["id"] for event in notifications.published}) == 40


def test_what_a_dead_sender_held_is_only_late_when_the_clock_was_put_back_since(
    notifications: Notifications, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications.take_in(*known("sara"))
    broadcast(notifications, news())
    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "of_people", dies)
        with pytest.raises(Died):
            notifications.send()
    notifications.later(hours=-1)
    assert notifications.send() == 0
    notifications.later(hours=1, seconds=20)
    notifications.send()
    assert post_office.recipients == ["sara@example.com"]


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        # The hour from 2 to 3 is left out: the night in Berlin is an hour shorter.
        (datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),
        # It comes twice: the night is an hour longer.
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),
    ],
)
def test_in_the_night_in_which_the_clocks_change_nobody_is_woken_an_hour_early_or_written_to_an_hour_late(
    notifications: Notifications, post_office: PostOffice, evening: datetime, morning: datetime
) -> None:
    notifications.now = evening
    notifications.take_in(*known("sara", timezone="Europe/Berlin"))
    broadcast(notifications, news(quiet_hours="21:00-09:00"))
    notifications.send()
    assert [row.not_before for row in notifications.rows()] == [morning]
    notifications.now = morning - timedelta(minutes=1)
    assert notifications.send() == 0
    notifications.now = morning
    notifications.send()
    assert post_office.recipients == ["sara@example.com"]


# Death at a bad moment

JOURNEY = on(
    "customer.recognized",
    steps=[
        message("hello", "email"),
        {"grant": {"id": "gift", "points": 200, "reason": "A gift"}},
        {"wait": "1d"},
        message("later", "email"),
    ],
)


def begin(notifications: Notifications, *customers: str) -> None:
    """Begin the journey with customers who have come back, and have been thanked for that already."""
    notifications.office.pause("recognition")
    notifications.launch(JOURNEY, TEXTS)
    notifications.take_in(*known(*customers), *map(recognized, customers))


@pytest.mark.parametrize("where", ["plan", "publish", "announced"])
@pytest.mark.parametrize("step", ["hello", "gift"])
def test_a_sender_that_dies_after_it_has_settled_plans_the_next_step_once_and_gives_points_once(
    notifications: Notifications,
    post_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    step: str,
) -> None:
    begin(notifications, "sara")
    owner: Any = notifications if where == "publish" else notifications.store
    usual = getattr(owner, where)

    def dies_at_that_step(*args: Any) -> Any:
        settled = [row.step for row in notifications.rows() if row.settled_at and row.announce_by]
        return dies() if step in settled else usual(*args)

    with monkeypatch.context() as patched:
        patched.setattr(owner, where, dies_at_that_step)
        with pytest.raises(Died):
            notifications.send()
    for _ in range(3):
        notifications.later(days=1)
        notifications.send()
    journey = notifications.rows(campaign="customer-recognized")
    assert sorted(row.step for row in journey) == ["gift", "hello", "later"]
    assert post_office.recipients == ["sara@example.com"] * 2
    granted = notifications.told("points.granted.v1")
    assert len({event["data"]["grant_id"] for event in granted}) == 1
    assert all(event == granted[0] for event in granted), "told again, it is the same to the letter"
    assert not [row for row in notifications.rows() if row.announce_by]


def test_where_rather_never_than_twice_is_the_rule_a_message_in_flight_is_failed_and_not_repeated(
    notifications: Notifications, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications.rules(channels={"email": ChannelPolicy(in_flight="never")})
    customers = people(3)
    notifications.take_in(*known(*customers))
    broadcast(notifications, news())
    settle = notifications.store.settle

    def dies_when_one_has_gone(claim: str, rows: Any) -> None:
        if post_office.messages:
            raise Died
        settle(claim, rows)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", dies_when_one_has_gone)
        with pytest.raises(Died):
            notifications.outbox(connections=1, slice_size=1).send_due()
    assert len(post_office.messages) == 1
    for _ in range(2):
        notifications.later(seconds=21)
        notifications.send()
    assert post_office.recipients == addresses(customers)
    [doubtful] = notifications.rows(state="failed")
    assert (doubtful.reason, doubtful.reply) == ("fault", INTERRUPTED)
    assert len(notifications.rows(state="sent")) == 2


# What comes in between


def test_a_purchase_that_is_heard_of_while_the_mail_is_in_flight_counts_as_its_success(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("sara"))
    broadcast(notifications, news())
    bought = recorded(
        "sara",
        "purchase.completed.v1",
        id="p1",
        at=notifications.now + timedelta(seconds=1),
        purchase_id="p1",
        total={"amount": "29.33", "currency": "USD"},
    )

    def buys(mail: Any) -> str:
        notifications.take_in(bought)
        return "250 OK"

    post_office.to_mail = buys
    notifications.send()
    [row] = notifications.rows()
    assert row.converted
    assert (row.converted.at, row.converted.minor) == (notifications.now + timedelta(seconds=1), 2933)
    assert len(notifications.told("outreach.converted.v1")) == 1


def test_a_bounce_that_is_faster_than_our_note_of_the_mail_is_not_lost(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("sara"))
    broadcast(notifications, news())
    [row] = notifications.rows()
    bounce = told("outreach.bounced.v1", outreach_id=row.id, kind="hard", detail="550 unknown")
    put_off: list[Any] = []

    def bounces(mail: Any) -> str:
        put_off.extend(notifications.take_in(bounce))
        return "250 OK"

    post_office.to_mail = bounces
    notifications.send()
    assert [one.event["id"] for one in put_off] == [bounce["id"]]
    assert notifications.take_in(bounce) == []
    assert notifications.states() == {"bounced": 1}
    assert [event["type"] for event in notifications.published] == ["outreach.sent.v1"]
    broadcast(notifications, news(campaign="sale"))
    notifications.send()
    assert [row.reason for row in notifications.rows(campaign="sale")] == ["bounced"]


@pytest.mark.parametrize(
    ("meanwhile", "kept"),
    [
        ([], "550 <recipient> is unknown"),
        ([created("sara", version=2, emails=["new@example.com"])], "hard"),
        ([erased("sara")], "hard"),
    ],
)
def test_what_is_said_of_a_bounce_is_kept_without_the_address_or_not_at_all(
    notifications: Notifications, post_office: PostOffice, meanwhile: list[Event], kept: str
) -> None:
    notifications.take_in(*known("sara"))
    broadcast(notifications, news())
    notifications.send()
    notifications.take_in(*meanwhile)
    [row] = notifications.rows()
    said = "550 Sara@Example.com is unknown"
    notifications.take_in(told("outreach.bounced.v1", outreach_id=row.id, kind="hard", detail=said))
    assert [(row.state, row.reply) for row in notifications.rows()] == [("bounced", kept)]


def test_whoever_is_erased_in_the_middle_of_a_journey_hears_no_more_and_leaves_nothing_behind(
    notifications: Notifications, post_office: PostOffice, database: Any
) -> None:
    begin(notifications, "sara", "omar")
    notifications.send()
    notifications.take_in(erased("sara"))
    notifications.later(days=1)
    notifications.send()
    assert post_office.recipients == ["omar@example.com"] * 2 + ["sara@example.com"]
    assert {row.reason for row in notifications.rows(customer_id="sara", step="later")} == {"no_address"}
    left = repr(list(database["outreach"].find({"customer_id": "sara"})))
    assert "recognized_at" not in left
    assert "example.com" not in left


def test_whoever_is_erased_while_their_next_step_is_being_planned_leaves_nothing_behind(
    notifications: Notifications, post_office: PostOffice, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender has read the row that it is about to follow; the erasure comes before it has done so."""
    begin(notifications, "sara")
    plan = notifications.store.plan

    def erases_first(rows: Any) -> None:
        if "later" in {row.step for row in rows}:
            notifications.take_in(erased("sara"))
        plan(rows)

    monkeypatch.setattr(notifications.store, "plan", erases_first)
    notifications.send()
    # Not only when it is due, which may be in a year.
    left = repr(list(database["outreach"].find({"customer_id": "sara"})))
    assert "recognized_at" not in left
    notifications.later(days=1)
    notifications.send()
    assert len(post_office.messages) == 1


def test_an_event_that_comes_after_the_erasure_leaves_nothing_until_its_message_is_due(
    notifications: Notifications, database: Any
) -> None:
    notifications.launch(on("customer.recognized", start={"delay": "52w"}), TEXTS)
    notifications.take_in(*known("sara"))
    notifications.take_in(erased("sara"))
    notifications.take_in(recognized("sara"))
    [row] = notifications.rows(campaign="customer-recognized")
    assert (row.state, row.reason, row.context, row.correlation) == ("dropped", "no_address", {}, "erased")


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_two_ids_that_turn_out_to_be_one_person_get_one_message_of_a_broadcast(
    notifications: Notifications, post_office: PostOffice, when: str
) -> None:
    merge = repointed("merged", "a.sara", "z.sara")
    notifications.take_in(*known("a.sara", "b.omar", "z.sara"))
    if when == "before":
        notifications.take_in(merge)
    notifications.launch(news(), TEXTS)
    if when == "between":
        # The first page holds who is about to be an alias, the last one who stays.
        notifications.plan(page=1)
        notifications.take_in(merge)
    notifications.plan()
    if when == "after":
        notifications.take_in(merge)
    for _ in range(3):
        notifications.send()
        notifications.later(seconds=10)
    times = Counter(post_office.recipients)
    assert times["b.omar@example.com"] == 1
    assert times["a.sara@example.com"] + times["z.sara@example.com"] == 1
    reasons = [row.reason for row in notifications.rows(state="dropped")]
    assert reasons == ([] if when == "before" else ["duplicate"])


def test_a_complaint_while_a_journey_waits_ends_it(
    notifications: Notifications, post_office: PostOffice
) -> None:
    begin(notifications, "sara")
    notifications.send()
    opened = recorded(
        "sara",
        "complaint.opened.v1",
        id="k",
        at=notifications.now,
        complaint_id="C-7",
        category="delivery",
        severity="high",
    )
    notifications.take_in(opened)
    notifications.later(days=1)
    notifications.send()
    assert [row.reason for row in notifications.rows(step="later")] == ["open_complaint"]
    assert len(post_office.messages) == 1

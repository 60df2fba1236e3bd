"""From a recognition to a mail: nobody twice, nobody forgotten, and the world is told."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from services.notifications import queries
from services.notifications.channels.email import Email
from services.notifications.domain.outreach import accepted
from services.notifications.sending.sender import measure_pending
from tests.integration.notifications.parts import CONNECTIONS
from tests.unit.notifications.builders import (
    complained,
    created,
    erased,
    member_updated,
    recognized,
    recorded,
    repointed,
)
from tests.waiting import eventually
from wafa.runtime.clock import now as real_time


def known(customer_id, **profile):
    return [created(customer_id, **profile), member_updated(customer_id)]


def came_back(*customer_ids):
    return [event for one in customer_ids for event in (*known(one), recognized(one))]


def test_a_customer_who_came_back_is_thanked_once_in_their_language(notifications, post_office):
    notifications.take_in(*known("sara", name="سارة", locale="ar-EG"), recognized("sara"))
    assert notifications.send() == 1
    [mail] = post_office.messages
    assert mail["To"] == "sara@example.com"
    assert mail["Subject"] == "شكرًا لعودتك إلينا"
    assert "سارة" in mail.get_body(("html",)).get_content()
    assert "١٢٠ نقطة" in mail.get_body(("plain",)).get_content()
    [event] = notifications.published
    assert event["type"] == "outreach.sent.v1"
    assert event["data"]["customer_id"] == "sara"


def test_the_same_events_again_send_nothing_again(notifications, post_office):
    for _ in range(3):
        notifications.take_in(*came_back("sara"))
        notifications.send()
    assert post_office.recipients == ["sara@example.com"]
    assert len(notifications.published) == 1


def test_two_senders_at_once_share_200_messages_and_send_each_once(notifications, post_office):
    customers = [f"c{number:03}" for number in range(200)]
    notifications.take_in(*came_back(*customers))
    together = threading.Barrier(2)

    def work():
        together.wait()
        notifications.outbox().send_due(seconds=30)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert post_office.recipients == [f"{one}@example.com" for one in customers]
    assert notifications.states() == {"sent": 200}
    assert Counter(event["type"] for event in notifications.published) == {"outreach.sent.v1": 200}


def test_connections_to_the_mail_server_are_kept_open(notifications, post_office):
    notifications.take_in(*came_back(*(f"c{number}" for number in range(60))))
    notifications.send()
    assert len(post_office.messages) == 60
    assert post_office.sessions <= CONNECTIONS


def test_while_the_mail_server_is_away_messages_wait_and_then_all_go_out(notifications, post_office):
    post_office.close()
    customers = [f"c{number:02}" for number in range(30)]
    notifications.take_in(*came_back(*customers))
    for _ in range(5):
        notifications.send()
        notifications.later(minutes=1)
    assert notifications.states() == {"planned": 30}
    assert notifications.published == []
    post_office.open()
    notifications.later(minutes=10)
    notifications.send()
    assert post_office.recipients == [f"{one}@example.com" for one in customers]
    assert notifications.states() == {"sent": 30}


def test_a_server_that_stays_away_does_not_keep_messages_for_ever(notifications, post_office):
    post_office.close()
    notifications.take_in(*came_back("sara"))
    notifications.send()
    notifications.later(days=3)
    notifications.send()
    assert [event["data"]["reason"] for event in notifications.published] == ["expired"]


def test_a_server_that_restarts_costs_no_message(notifications, post_office):
    notifications.take_in(*came_back("sara"))
    notifications.send()
    post_office.close()
    post_office.open()
    notifications.take_in(*came_back("omar"))
    notifications.send()
    notifications.later(minutes=1)
    notifications.send()
    assert post_office.recipients == ["omar@example.com", "sara@example.com"]


def test_a_temporary_refusal_is_tried_again_and_holds_nobody_else_up(notifications, post_office):
    post_office.to_recipient = lambda address: "451 Later" if address.startswith("sara") else "250 OK"
    notifications.take_in(*came_back("sara", "omar"))
    notifications.send()
    assert post_office.recipients == ["omar@example.com"]
    post_office.to_recipient = lambda address: "250 OK"
    notifications.send()
    assert len(post_office.messages) == 1
    notifications.later(seconds=10)
    notifications.send()
    assert post_office.recipients == ["omar@example.com", "sara@example.com"]


@pytest.mark.parametrize("step", ["to_recipient", "to_mail"])
def test_a_final_refusal_is_kept_with_the_servers_words_but_without_the_address(
    notifications, post_office, step
):
    setattr(post_office, step, lambda _: "550 sara@example.com is unknown here")
    notifications.take_in(*came_back("sara"))
    notifications.send()
    notifications.later(days=1)
    notifications.send()
    [row] = queries.outreach(notifications.store, customer_id="sara")["outreach"]
    assert (row["state"], row["reason"]) == ("failed", "bounced")
    assert row["reply"] == "550 <recipient> is unknown here"
    assert [event["data"]["reason"] for event in notifications.published] == ["bounced"]


def test_trouble_with_us_as_a_sender_is_not_held_against_the_customer(notifications, post_office):
    post_office.to_mail = lambda _: "421 Too many connections"
    notifications.take_in(*came_back("sara"))
    notifications.send()
    assert notifications.states() == {"planned": 1}


class Died(BaseException):
    """What SIGKILL is to the code: nothing after it runs."""


def dies(*_):
    raise Died


def test_a_mail_that_was_in_flight_when_its_worker_died_goes_again_after_the_lease_as_the_same_mail(
    notifications, post_office, monkeypatch
):
    notifications.take_in(*came_back("sara"))
    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", dies)
        with pytest.raises(Died):
            notifications.send()
    assert len(post_office.messages) == 1

    notifications.later(seconds=19)
    notifications.send()
    assert len(post_office.messages) == 1, "the claim has not lapsed yet"
    notifications.later(seconds=1)
    notifications.send()
    first, again = post_office.messages
    assert first["Message-ID"] == again["Message-ID"]
    assert notifications.states() == {"sent": 1}
    assert len(notifications.published) == 1


def test_a_mail_is_not_sent_again_because_the_database_was_away_when_it_had_gone(
    notifications, post_office, monkeypatch
):
    notifications.take_in(*came_back("sara"))
    settle, away = notifications.store.settle, iter([AutoReconnect("gone"), AutoReconnect("still gone")])

    def settles_in_the_end(claim, rows):
        if error := next(away, None):
            raise error
        settle(claim, rows)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", settles_in_the_end)
        notifications.send()
    notifications.later(minutes=1)
    notifications.send()

    assert len(post_office.messages) == 1
    assert notifications.states() == {"sent": 1}


def test_what_was_settled_before_its_worker_died_is_announced_but_not_sent_again(notifications, post_office):
    notifications.take_in(*came_back("sara"))
    with pytest.raises(Died):
        notifications.outbox(publish=dies).send_due()
    assert notifications.published == []
    notifications.later(minutes=1)
    notifications.send()
    notifications.send()
    assert len(post_office.messages) == 1
    assert [event["type"] for event in notifications.published] == ["outreach.sent.v1"]


@pytest.mark.parametrize("settled", [0, 1, 12, 39])
def test_of_a_worker_that_dies_each_connection_repeats_at_most_the_mail_that_it_had_in_hand(
    notifications, post_office, monkeypatch, settled
):
    customers = [f"c{number:02}" for number in range(40)]
    notifications.take_in(*came_back(*customers))
    settle, hand_over, alive = notifications.store.settle, Email.send, [True]

    def dies_after_so_many(claim, rows):
        if not alive or notifications.states().get("sent", 0) + len(rows) > settled:
            alive.clear()
            raise Died
        settle(claim, rows)

    def as_long_as_it_lives(self, message):
        if not alive:
            raise Died
        return hand_over(self, message)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", dies_after_so_many)
        patched.setattr(Email, "send", as_long_as_it_lives)
        with pytest.raises(Died):
            notifications.send()
    notifications.later(seconds=20)
    notifications.send()
    times = Counter(post_office.recipients)
    assert sorted(times) == [f"{one}@example.com" for one in customers]
    assert 0 < sum(many - 1 for many in times.values()) <= CONNECTIONS
    assert set(times.values()) == {1, 2}
    assert len({message["Message-ID"] for message in post_office.messages}) == 40
    assert notifications.states() == {"sent": 40}
    assert len({event["id"] for event in notifications.published}) == len(notifications.published) == 40


def test_a_slow_but_living_sender_keeps_what_it_has_in_hand(notifications, post_office):
    """The mail server takes longer for a mail than a claim lasts; another sender looks for work all along."""
    notifications.now = real_time()
    notifications.take_in(*came_back("sara"))
    lease = timedelta(seconds=0.4)
    given, seen = threading.Event(), threading.Event()

    def slow(_):
        seen.set()
        assert given.wait(60)
        return "250 OK"

    post_office.to_mail = slow
    parts = {"clock": real_time, "lease": lease}
    sender = threading.Thread(target=lambda: notifications.outbox(**parts).send_due(seconds=30))
    sender.start()
    assert seen.wait(60)
    until = real_time() + 4 * lease
    eventually(lambda: notifications.outbox(**parts).send_due() or real_time() > until)
    given.set()
    sender.join()
    assert post_office.recipients == ["sara@example.com"]
    assert notifications.states() == {"sent": 1}


def test_what_a_sender_could_not_keep_it_does_not_send(notifications, post_office, monkeypatch):
    """A sender that stood still while its claim lapsed finds the rest of its rows with somebody else."""
    customers = [f"c{number:02}" for number in range(20)]
    notifications.take_in(*came_back(*customers))
    settle = notifications.store.settle

    def stands_still(claim, rows):
        monkeypatch.setattr(notifications.store, "settle", settle)
        notifications.later(seconds=21)
        notifications.send()
        settle(claim, rows)

    monkeypatch.setattr(notifications.store, "settle", stands_still)
    notifications.outbox(slice_size=4).send_due(seconds=30)
    times = Counter(post_office.recipients)
    assert sorted(times) == [f"{one}@example.com" for one in customers]
    assert sum(many - 1 for many in times.values()) == 4, "the slice in hand"
    assert notifications.states() == {"sent": 20}
    assert len(notifications.told("outreach.sent.v1")) == 20


class Slow:
    """Writes texts as `delivery` does, and does something else meanwhile."""

    def __init__(self, delivery, meanwhile):
        self.delivery, self.meanwhile = delivery, meanwhile

    def __getattr__(self, name):
        return getattr(self.delivery, name)

    def write(self, jobs, book):
        self.meanwhile()
        return self.delivery.write(jobs, book)


def test_texts_that_take_longer_to_write_than_a_claim_lasts_are_sent_by_one_sender_only(
    notifications, post_office
):
    notifications.take_in(*came_back("omar", "sara"))

    def lapses():
        notifications.later(seconds=21)
        notifications.send()

    delivery = Slow(notifications.delivery, lapses)
    notifications.outbox(delivery=delivery).send_due(seconds=30)
    assert post_office.recipients == ["omar@example.com", "sara@example.com"]
    assert notifications.states() == {"sent": 2}


def test_a_sender_whose_texts_take_long_to_write_keeps_its_claim(notifications, post_office):
    notifications.now = real_time()
    notifications.take_in(*came_back("sara"))
    lease = timedelta(seconds=0.4)
    parts = {"clock": real_time, "lease": lease}
    others: list[int] = []

    def looks_for_work():
        until = real_time() + 3 * lease
        eventually(lambda: others.append(notifications.outbox(**parts).send_due()) or real_time() > until)

    delivery = Slow(notifications.delivery, looks_for_work)
    assert notifications.outbox(delivery=delivery, **parts).send_due(seconds=30) == 1
    assert set(others) == {0}, "nobody else found the row due"
    assert post_office.recipients == ["sara@example.com"]


def test_whoever_is_erased_between_claim_and_mail_gets_none(notifications, post_office):
    notifications.take_in(*came_back("omar", "sara", "zaid"))

    def erases(message):
        if message["To"].startswith("omar"):
            notifications.take_in(erased("sara"), erased("zaid"))
        return "250 OK"

    post_office.to_mail = erases
    notifications.outbox(connections=1, slice_size=1).send_due(seconds=30)
    assert post_office.recipients == ["omar@example.com"]
    assert notifications.states() == {"sent": 1, "dropped": 2}
    notifications.later(minutes=1)
    notifications.send()
    assert [one["data"]["reason"] for one in notifications.told("outreach.suppressed.v1")] == [
        "no_address"
    ] * 2


def test_an_erased_customers_messages_lose_all_but_what_became_of_them(notifications, post_office, database):
    post_office.to_recipient = lambda address: f"550 {address} Sara Ali moved to Riyadh"
    notifications.take_in(
        created(
            "sara", name="Sara Ali", locale="ar-EG", timezone="Asia/Riyadh", emails=["Sara.Ali@Example.com"]
        ),
        member_updated("sara"),
        recognized("sara") | {"traceparent": f"00-{'5a7a' * 8}-{'5a7a' * 4}-01"},
        recorded("sara", "feedback.given.v1", id="f", kind="csat", score=2, comment="cold coffee"),
    )
    notifications.send()
    notifications.take_in(erased("sara"), created("sara", version=9, name="Sara Ali"), recognized("sara"))
    notifications.send()

    left = repr([one for name in database.list_collection_names() for one in database[name].find()])
    personal = ["Sara Ali", "example.com", "Riyadh", "ar-EG", "'ar'", "csat", "cold coffee", "5a7a5a7a"]
    assert [one for one in personal if one.lower() in left.lower()] == []
    [row] = queries.outreach(notifications.store, customer_id="sara")["outreach"]
    assert (row["state"], row["reason"], row["reply"], row["decision"]) == ("failed", "bounced", None, None)
    assert row["correlation"] == "erased", "the publisher's own may be the number of an order"
    assert notifications.send() == 0


def test_the_age_of_what_is_pending_is_known(notifications, post_office, monkeypatch):
    def age():
        return measure_pending(notifications.store, notifications.now)

    notifications.take_in(*came_back("sara"))
    assert age() == 0, "planned for later is not pending"
    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", dies)
        with pytest.raises(Died):
            notifications.send()
    notifications.later(seconds=27)
    assert age() == 7, "since the claim of the dead sender lapsed"
    with pytest.raises(Died):
        notifications.outbox(publish=dies).send_due()
    notifications.later(seconds=5)
    assert age() == 5, "settled, and nobody was told"
    notifications.later(seconds=10)
    notifications.send()
    assert age() == 0


def test_all_that_a_dead_sender_left_is_done_within_half_a_minute(notifications, post_office, monkeypatch):
    notifications.take_in(*came_back(*(f"c{number:02}" for number in range(20))))
    settle, calls = notifications.store.settle, []

    def dies_the_second_time(claim, rows):
        calls.append(claim)
        if len(calls) == 2:
            raise Died
        settle(claim, rows)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "settle", dies_the_second_time)
        with pytest.raises(Died):
            notifications.send()
    notifications.later(seconds=20)
    notifications.send()
    assert notifications.states() == {"sent": 20}
    assert len(notifications.told("outreach.sent.v1")) == 20


def test_a_profile_that_arrives_after_the_recognition_is_waited_for(notifications, post_office):
    notifications.take_in(recognized("sara"))
    notifications.send()
    assert notifications.states() == {"planned": 1}
    notifications.take_in(*known("sara"))
    notifications.later(seconds=5)
    notifications.send()
    assert post_office.recipients == ["sara@example.com"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (complained("sara", "opened", id="k1"), "open_complaint"),
        (created("sara", version=2, emails=[]), "no_address"),
        (created("sara", version=2, emails=["sara@example.com\nBcc: all@example.com"]), "no_address"),
        (erased("sara"), "no_address"),
        (
            created(
                "sara",
                version=2,
                consents=[
                    {
                        "channel": "email",
                        "purpose": "service",
                        "status": "withdrawn",
                        "at": "2026-03-01T00:00:00Z",
                    }
                ],
            ),
            "unsubscribed",
        ),
    ],
)
def test_who_must_not_be_written_to_is_not_and_the_reason_is_known(notifications, post_office, event, reason):
    notifications.take_in(*came_back("sara"), event)
    notifications.send()
    assert post_office.messages == []
    assert [one["data"]["reason"] for one in notifications.told("outreach.suppressed.v1")] == [reason]
    [row] = queries.outreach(notifications.store, customer_id="sara")["outreach"]
    assert row["state"] == "dropped"
    assert queries.counts(notifications.store) == {"states": {"dropped": 1}, "reasons": {reason: 1}}


def test_a_complaint_that_is_resolved_stands_in_nobodys_way(notifications, post_office):
    resolved, opened = (
        complained("sara", one, id=one, minute=at) for at, one in ((9, "resolved"), (1, "opened"))
    )
    notifications.take_in(*came_back("sara"), resolved)
    notifications.take_in(opened)
    notifications.send()
    assert len(post_office.messages) == 1


def test_two_customers_who_turn_out_to_be_one_are_thanked_once(notifications, post_office):
    notifications.take_in(*came_back("sara", "s.ali"))
    notifications.take_in(repointed("merged", "s.ali", "sara"))
    for _ in range(3):
        notifications.send()
        notifications.later(seconds=10)
    assert post_office.recipients == ["sara@example.com"]
    assert len(notifications.told("outreach.sent.v1")) == 1
    assert [one["data"]["reason"] for one in notifications.told("outreach.suppressed.v1")] == ["duplicate"]


def test_a_broken_template_stops_its_own_message_and_no_other(notifications, post_office, monkeypatch):
    notifications.take_in(*came_back("sara", "omar"))
    render_all = notifications.delivery.renderer.render_all

    def broken_for_sara(orders):
        return render_all([replace(one, data={}) if one.data["name"] == "Sara" else one for one in orders])

    notifications.take_in(created("omar", version=2, name="Omar"))
    monkeypatch.setattr(notifications.delivery.renderer, "render_all", broken_for_sara)
    notifications.send()
    assert post_office.recipients == ["omar@example.com"]
    assert notifications.states() == {"planned": 1, "sent": 1}


def damage(database, collection, customer_id, /, **fields):
    """Write what no version of the service would, past all its checks."""
    key = "customer_id" if collection == "outreach" else "_id"
    assert database[collection].update_one({key: customer_id}, {"$set": fields}).matched_count


@pytest.mark.parametrize(
    ("collection", "fields", "told"),
    [
        ("audience", {"profile.emails": [1]}, "profile.emails"),
        ("audience", {"member.points": "many"}, "member.points"),
        ("outreach", {"customer_id": 5}, "customer_id"),
        ("outreach", {"expires_at": "soon"}, "expires_at"),
        ("outreach", {"cause": None}, "cause"),
    ],
)
def test_what_cannot_be_read_fails_its_own_message_and_no_other(
    notifications, post_office, database, collection, fields, told
):
    notifications.take_in(*came_back("omar", "sara", "zaid"))
    damage(database, collection, "sara", **fields)
    notifications.send()
    assert post_office.recipients == ["omar@example.com", "zaid@example.com"]
    assert queries.counts(notifications.store) == {
        "states": {"sent": 2, "failed": 1},
        "reasons": {"fault": 1},
    }
    rows = queries.outreach(notifications.store, campaign="recognition")["outreach"]
    [failed] = [row for row in rows if row["state"] == "failed"]
    assert told in failed["reply"]
    assert [event["type"] for event in notifications.published] == ["outreach.sent.v1"] * 2
    assert notifications.send() == 0, "nothing is left to look at, or to announce"
    assert list(database["outreach"].find({"announce_by": {"$exists": True}})) == []


def test_a_merge_into_somebody_who_cannot_be_read_fails_the_message_of_both(
    notifications, post_office, database
):
    notifications.take_in(*came_back("sara", "s.ali", "omar"))
    notifications.take_in(repointed("merged", "s.ali", "sara"))
    damage(database, "audience", "sara", version="x")
    notifications.send()
    assert post_office.recipients == ["omar@example.com"]
    assert notifications.states() == {"failed": 2, "sent": 1}


@pytest.mark.parametrize("fields", [{"step": 7}, {"settled_at": "yesterday"}])
def test_what_was_sent_and_cannot_be_read_any_more_holds_up_no_announcement(
    notifications, post_office, database, fields
):
    notifications.take_in(*came_back("omar", "sara"))
    with pytest.raises(Died):
        notifications.outbox(publish=dies).send_due()
    damage(database, "outreach", "sara", **fields)
    notifications.later(minutes=1)
    notifications.send()
    assert [event["data"]["customer_id"] for event in notifications.published] == ["omar"]
    assert notifications.states() == {"sent": 2}


class Stumbles:
    """A channel with a bug that one customer meets."""

    def __init__(self, channel):
        self._channel = channel

    def send(self, message):
        if message.customer_id == "sara":
            raise TypeError("a bug")
        return self._channel.send(message)


def test_a_message_that_cannot_be_made_is_our_fault_and_fails_alone(notifications, post_office):
    notifications.take_in(*came_back("sara", "omar"))
    usual = notifications.delivery
    broken = replace(usual, channels={"email": Stumbles(usual.channels["email"])})
    notifications.outbox(delivery=broken).send_due()
    assert post_office.recipients == ["omar@example.com"]
    [row] = queries.outreach(notifications.store, customer_id="sara")["outreach"]
    assert (row["state"], row["reason"], row["reply"]) == ("failed", "fault", "not made: TypeError")
    assert [event["data"]["customer_id"] for event in notifications.published] == ["omar"]


def test_a_campaign_of_a_newer_release_is_left_to_it_until_the_message_expires(
    notifications, post_office, database
):
    notifications.take_in(*came_back("sara", "omar"))
    damage(database, "outreach", "sara", campaign="birthday")
    notifications.send()
    assert notifications.states() == {"planned": 1, "sent": 1}
    notifications.later(days=3)
    notifications.send()
    assert notifications.states() == {"failed": 1, "sent": 1}


def test_an_older_release_leaves_what_it_does_not_know_to_the_newer_one(notifications):
    notifications.take_in(*came_back("sara"))
    [row] = notifications.store.claim(notifications.now, notifications.now + timedelta(seconds=20), 1)
    newer = replace(accepted(row, "<id>", "en", "mark", notifications.now), version=9)
    notifications.store.settle(row.claim, [newer])
    notifications.later(minutes=1)
    notifications.send()
    assert notifications.published == []
    notifications.later(minutes=1)
    assert [one.id for one in notifications.store.unannounced(notifications.now, 10)] == [row.id]

"""The preview: what it says beforehand is what the decision would say of each customer."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from pymongo.database import Database

from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.domain.audience import Entry
from services.notifications.domain.cap import Cap
from services.notifications.domain.facts import Consent, Profile, Purchase
from services.notifications.domain.outreach import State
from services.notifications.sending.delivery import Delivery
from services.notifications.store import NotificationsStore
from services.notifications.what_if import previewing
from services.notifications.what_if.meeting import Meeting
from services.notifications.what_if.previewing import preview
from services.notifications.what_if.rehearsing import Look, Rehearsal
from tests.integration.notifications.audiences import book_with, customer, delivery
from tests.integration.notifications.measured import DAY, START, contacted, keep, save
from wafa.runtime.errors import InvalidArgument

EVERYBODY = {"or": [{"field": "email", "op": "exists", "value": wanted} for wanted in (True, False)]}


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    store = NotificationsStore(database)
    store.create_indexes()
    return store


@pytest.fixture
def written() -> Iterator[Delivery]:
    means = delivery()
    yield means
    means.close()


def look(store, book, written, channels=("email", "sms", "whatsapp", "phone")):
    return Look(store, book, dict.fromkeys(channels), written.write)


def agreed(name: str, locale: str = "en", **changes) -> Entry:
    """A customer whom nothing stands against."""
    profile = Profile(
        1,
        name=name,
        locale=locale,
        emails=(f"{name}@example.com",),
        consents=(Consent("email", "marketing", "granted", START),),
    )
    return Entry(name, profile=replace(profile, **changes))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("purpose", ["marketing", "service"])
@pytest.mark.parametrize("channels", [["email"], ["whatsapp", "email"], ["phone", "sms", "email"]])
def test_the_one_pass_counts_what_the_decision_says_of_each(store, written, seed, purpose, channels):
    chance = Random(seed)
    save(store, [customer(chance, f"c{place}") for place in range(150)])
    steps = [{"message": {"id": "hello", "template": "hello", "channels": channels}}]
    book = book_with(store, START, purpose=purpose, steps=steps, audience=EVERYBODY, quiet_hours="none")
    campaign = book.version("win-back@1")
    meeting = Meeting.of(campaign, START)
    rehearsal = Rehearsal(look(store, book, written), campaign, meeting, START)
    standing = rehearsal.standing()
    counted = Counter()
    for line in standing:
        counted[line["reason"] or f"by {line['channel']}"] += line["people"]
    decided, _ = rehearsal.decide(store.ids(meeting.filter, 1000))
    said = Counter(f"by {one.row.channel}" if hasattr(one, "row") else one.reason for one in decided)
    assert len(said) > 4, "the audience is too plain to prove anything"
    assert counted == said


def test_everybody_of_a_small_segment_is_decided_on(store, written):
    save(store, [agreed("a"), agreed("b", "ar"), agreed("c", emails=()), agreed("d", consents=())])
    book = book_with(store, START, audience=EVERYBODY, quiet_hours="none")
    found = preview(look(store, book, written), "win-back", None, START)
    assert (found["people"], found["now"]) == (4, 2)
    assert found["dropped"] == {"no_address": 1, "no_consent": 1}
    assert list(found["dropped"]) == ["no_address", "no_consent"], "in the decision's own order"
    assert (found["about"], found["sampled"]) == ([], None)


def test_a_sample_is_shown_in_each_language(store, written):
    save(store, [agreed("a"), agreed("b", "ar"), agreed("c", "ar")])
    book = book_with(store, START, audience=EVERYBODY, quiet_hours="none")
    found = preview(look(store, book, written), "win-back", None, START)
    assert found["languages"] == {"ar": 2, "en": 1}
    assert [(one["language"], one["direction"], one["subject"]) for one in found["samples"]] == [
        ("ar", "rtl", "اشتقنا إليك"),
        ("en", "ltr", "We miss you"),
    ]


def test_of_a_large_segment_what_lasts_is_exact_and_the_rest_is_about(store, written, monkeypatch):
    monkeypatch.setattr(previewing, "EVERYBODY", 100)
    monkeypatch.setattr(previewing, "SAMPLE", 200)
    save(store, [agreed(f"a{place:03}") for place in range(400)])
    save(store, [agreed(f"b{place:03}", consents=()) for place in range(200)])
    book = book_with(store, START, audience=EVERYBODY, quiet_hours="none", holdout="20%")
    found = preview(look(store, book, written), "win-back", None, START)
    assert (found["people"], found["sampled"]) == (600, 200)
    assert found["dropped"]["no_consent"] == 200, "exact"
    assert found["now"] + found["dropped"]["holdout"] == 400
    assert 40 <= found["dropped"]["holdout"] <= 120, "20% of 400, more or less"
    assert "holdout" in found["about"]
    assert "no_consent" not in found["about"]


def test_the_hour_counts_for_quiet_hours(store, written):
    save(store, [agreed("a", timezone="Asia/Riyadh"), agreed("b", timezone="America/New_York")])
    book = book_with(store, START, audience=EVERYBODY, quiet_hours="14:00-20:00")
    found = preview(look(store, book, written), "win-back", None, START)
    assert (found["now"], found["later"]) == (1, {"quiet_hours": 1})


def test_messages_of_other_campaigns_count_for_the_cap(store, written):
    save(store, [agreed("a"), agreed("b")])
    keep(store, [contacted("a", START - DAY, campaign="another", capped=True)])
    policy = OutreachPolicy(caps=(Cap(1, timedelta(days=7)),))
    book = book_with(store, START, policy, audience=EVERYBODY, quiet_hours="none", keep_trying="1d")
    found = preview(look(store, book, written), "win-back", None, START)
    assert (found["now"], found["dropped"]) == (1, {"frequency_cap": 1})


def test_whoever_has_been_met_is_not_met_again(store, written):
    save(store, [agreed("a"), agreed("b")])
    book = book_with(store, START, audience=EVERYBODY, quiet_hours="none")
    row = Meeting.of(book.version("win-back@1"), START).row("a")
    keep(store, [replace(row, state=State.SENT, settled_at=START - 100 * DAY)])
    found = preview(look(store, book, written), "win-back", None, START)
    assert (found["now"], found["dropped"]) == (1, {"duplicate": 1})


def test_a_day_to_come_sees_the_segment_of_that_day(store, written):
    """Bought 20 days ago: in ten days that is more than 25 days ago."""
    entry = agreed("a")
    bought = Purchase("p1", START - 20 * DAY, (), 2933, "USD")
    save(store, [replace(entry, own=replace(entry.own, purchases=(bought,)))])
    rule = {"field": "last_purchase_at", "op": "lt", "value": {"days_ago": 25}}
    book = book_with(store, START, audience=rule, quiet_hours="none")
    means = look(store, book, written)
    assert preview(means, "win-back", None, START)["people"] == 0
    found = preview(means, "win-back", "2026-03-14", START)
    assert (found["people"], found["at"]) == (1, "2026-03-14T12:00:00Z")


def test_the_calendar_is_asked_for_the_day(store, written):
    """Two customers first bought on 14 March: one a year ago, one in this very year."""
    old = replace(agreed("a"), own=agreed("a").own)
    old = replace(old, own=replace(old.own, purchases=(Purchase("p1", START - 355 * DAY),)))
    new = replace(agreed("b"), own=replace(agreed("b").own, purchases=(Purchase("p2", START + 10 * DAY),)))
    save(store, [old, new])
    start = {"on": "anniversary"}
    book = book_with(store, START, audience=None, start=start, quiet_hours="none", purpose="service")
    found = preview(look(store, book, written), "win-back", "2026-03-14", START)
    assert found["people"] == 1


def test_a_day_that_is_over_is_for_the_simulation(store, written):
    book = book_with(store, START, audience=EVERYBODY)
    found = preview(look(store, book, written), "win-back", "2026-03-01", START)
    assert found["mistakes"] == [
        {"path": "on", "message": "2026-03-01 is over; `wafa campaign simulate` looks at the past"}
    ]


@pytest.mark.parametrize(
    ("campaign", "on", "path"),
    [("nothing", None, "campaign"), ("win-back@7", None, "campaign"), ("win-back", "soon", "on")],
)
def test_what_is_not_there_is_told_in_a_sentence(store, written, campaign, on, path):
    book = book_with(store, START, audience=EVERYBODY)
    [mistake] = preview(look(store, book, written), campaign, on, START)["mistakes"]
    assert mistake["path"] == path


def test_nobodys_json_becomes_an_operator(store, written):
    book = book_with(store, START, audience=EVERYBODY)
    with pytest.raises(InvalidArgument, match="campaign must be a string, not an object"):
        preview(look(store, book, written), {"$gt": ""}, None, START)
    with pytest.raises(InvalidArgument, match="on must be a string"):
        preview(look(store, book, written), "win-back", {"$gt": ""}, START)


def test_a_preview_writes_nothing(store, database, written):
    save(store, [agreed("a")])
    book = book_with(store, START, audience=EVERYBODY)
    preview(look(store, book, written), "win-back", None, START)
    assert database["outreach"].count_documents({}) == 0

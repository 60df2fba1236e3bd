"""The list of calls: every call once, every attempt told once, nobody rung who does not want it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.notifications.channels import with_calls
from services.notifications.channels.calls import CallList
from services.notifications.channels.folder import text_folder
from services.notifications.channels.outcomes import Accepted, PutOff, Refused
from services.notifications.domain.audience import Entry
from services.notifications.domain.calls import AFTER_NO_ANSWER, LOGGED_WITHIN, MOST_ATTEMPTS
from services.notifications.domain.facts import Merged
from services.notifications.domain.told import Told
from services.notifications.replies import calling
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import NOON, complaint, consent, entry, message, profile
from wafa.contracts.envelope import Event
from wafa.contracts.validation import check
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.mongo import open_database

NUMBER = "+966500000001"
OBJECTED = consent("withdrawn", purpose="marketing", channel="phone")
SCRIPT = "مرحبًا سارة\n"


class Away(OSError):
    """The broker is not there."""


@dataclass
class Staff:
    """Employees with the list before them, a clock that moves when told, and a broker that remembers."""

    store: NotificationsStore
    now: datetime = NOON
    published: list[Event] = field(default_factory=list)
    away: bool = False

    def publish(self, events: Sequence[Event]) -> None:
        if self.away:
            raise Away
        assert [check(event, self.now) for event in events] == [None] * len(events)
        self.published += events

    def asked_to_call(self, **changes: Any) -> Any:
        usual = {
            "plain": SCRIPT,
            "language": "ar",
            "direction": "rtl",
            "purpose": "marketing",
            "now": self.now,
        }
        return CallList(self.store).send(message(**usual | changes))

    def known(self, **changes: Any) -> None:
        asked = consent("granted", purpose="marketing", channel="phone")
        usual = {"profile": profile(phones=(NUMBER,), consents=(asked,))}
        self.store.save([replace(entry(**usual | changes), version=0)])

    def list(self, state: str = "open") -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = calling.calls(self.store, state)["calls"]
        return shown

    def report(self, outcome: str, agent: str = "layla", note: str | None = None) -> dict[str, Any]:
        return calling.call_done(self.store, self.publish, "outreach-1", outcome, agent, note, now=self.now)


@pytest.fixture
def staff(database: Database) -> Staff:
    store = NotificationsStore(database)
    store.create_indexes()
    return Staff(store)


def test_a_call_shows_whom_to_ring_and_what_to_say(staff: Staff) -> None:
    staff.known()
    assert staff.asked_to_call() == Accepted("outreach-1")
    [call] = staff.list()
    assert (call["name"], call["phone"], call["obstacle"]) == ("Sara", NUMBER, None)
    assert (call["script"], call["language"], call["direction"]) == (SCRIPT, "ar", "rtl")


def test_the_number_is_kept_in_one_place_only(staff: Staff, database: Database) -> None:
    staff.known()
    staff.asked_to_call(recipient=NUMBER)
    assert NUMBER not in str(list(database["calls"].find()))


def test_a_call_that_is_asked_for_twice_is_one(staff: Staff) -> None:
    staff.known()
    staff.asked_to_call()
    staff.report("no_answer")
    assert staff.asked_to_call() == Accepted("outreach-1")
    [call] = staff.list()
    assert call["attempts"] == 1


def test_first_due_comes_first(staff: Staff) -> None:
    for minutes in (5, 1, 3):
        staff.asked_to_call(outreach_id=f"in {minutes}", now=NOON + timedelta(minutes=minutes))
    assert [call["call_id"] for call in staff.list()] == ["in 1", "in 3", "in 5"]


def test_the_list_is_read_page_by_page_also_where_several_are_due_at_one_moment(staff: Staff) -> None:
    for number in range(5):
        staff.asked_to_call(outreach_id=f"call {number}", now=NOON + timedelta(minutes=number // 3))
    pages = [calling.calls(staff.store, limit=2)]
    while before := pages[-1]["next"]:
        pages.append(calling.calls(staff.store, limit=2, before=before))

    ids = [[call["call_id"] for call in page["calls"]] for page in pages]
    assert ids == [["call 0", "call 1"], ["call 2", "call 3"], ["call 4"]]


def test_of_calls_that_are_over_the_last_due_comes_first(staff: Staff) -> None:
    for minutes in (5, 1, 3):
        staff.asked_to_call(outreach_id=f"in {minutes}", now=NOON + timedelta(minutes=minutes))
        calling.call_done(staff.store, staff.publish, f"in {minutes}", "reached", "layla", now=NOON)
    first = calling.calls(staff.store, "done", 2)
    rest = calling.calls(staff.store, "done", 2, first["next"])

    assert [call["call_id"] for call in first["calls"] + rest["calls"]] == ["in 5", "in 3", "in 1"]
    assert rest["next"] is None


def test_a_call_that_was_made_is_a_contact(staff: Staff) -> None:
    staff.known()
    staff.asked_to_call()
    assert staff.report("reached", note="Comes on Monday")["state"] == "done"
    [event] = staff.published
    assert (event["type"], event["source"]) == ("contact.logged.v1", "/wafa/notifications")
    assert event["data"] == {
        "customer": {"id": "sara"},
        "channel": "phone",
        "initiator": "company",
        "kind": "call",
        "direction": "outbound",
        "purpose": "sales",
        "agent": "layla",
        "summary": "reached: Comes on Monday",
    }
    assert staff.list() == []


def test_a_call_of_a_service_campaign_is_service(staff: Staff) -> None:
    staff.asked_to_call(purpose="service")
    staff.report("reached")
    assert staff.published[0]["data"]["purpose"] == "service"


def test_who_did_not_answer_is_on_the_list_again_later(staff: Staff) -> None:
    staff.asked_to_call()
    staff.report("no_answer")
    [call] = staff.list()
    assert (call["state"], call["outcome"]) == ("open", "no_answer")
    assert call["due"] == "2026-03-04T16:00:00Z"


def test_every_attempt_is_a_contact_of_its_own(staff: Staff) -> None:
    staff.asked_to_call()
    for _ in range(MOST_ATTEMPTS):
        staff.report("no_answer")
        staff.now += AFTER_NO_ANSWER
    assert len({event["id"] for event in staff.published}) == MOST_ATTEMPTS
    assert [call["call_id"] for call in staff.list("dismissed")] == ["outreach-1"]


def test_a_report_that_is_repeated_is_one_contact(staff: Staff) -> None:
    staff.asked_to_call()
    for outcome in ("no_answer", "reached"):
        first = staff.report(outcome)
        staff.now += timedelta(minutes=1)
        assert staff.report(outcome) == first
    assert len(staff.published) == 2


def test_a_wrong_number_takes_no_more_messages(staff: Staff) -> None:
    staff.asked_to_call()
    staff.report("wrong_number")
    assert [event["type"] for event in staff.published] == ["contact.logged.v1", "outreach.bounced.v1"]
    assert staff.published[1]["data"]["outreach_id"] == "outreach-1"
    assert staff.list("done")[0]["outcome"] == "wrong_number"


def test_a_closed_call_stays_as_it_is(staff: Staff) -> None:
    staff.asked_to_call()
    staff.report("reached")
    assert staff.report("no_answer", agent="omar")["error"]["reason"] == "closed"
    assert len(staff.published) == 1


def test_a_call_that_nobody_asked_for_is_unknown(staff: Staff) -> None:
    assert staff.report("reached")["error"]["reason"] == "unknown"


def test_an_attempt_is_told_although_the_broker_was_away(staff: Staff) -> None:
    staff.asked_to_call()
    staff.away = True
    with pytest.raises(Away):
        staff.report("reached", note="Comes on Monday")
    staff.away = False
    calling.log_attempts(staff.store, staff.publish, staff.now)
    assert staff.published == []  # somebody may be about to
    staff.now += LOGGED_WITHIN
    calling.log_attempts(staff.store, staff.publish, staff.now)
    calling.log_attempts(staff.store, staff.publish, staff.now)
    [event] = staff.published
    assert event["data"]["summary"] == "reached: Comes on Monday"


def test_no_attempt_is_overtaken_by_the_next(staff: Staff) -> None:
    staff.asked_to_call()
    staff.away = True
    with pytest.raises(Away):
        staff.report("no_answer")
    staff.away = False
    staff.report("reached")
    assert [event["data"]["summary"] for event in staff.published] == ["no answer", "reached"]


def test_an_attempt_that_is_told_again_is_the_same_to_the_letter(staff: Staff) -> None:
    staff.asked_to_call()
    staff.report("reached")
    call = staff.store.call("outreach-1")
    assert call is not None
    assert calling.attempt_events(call) == staff.published


def test_what_was_noted_is_not_kept_once_it_is_told(staff: Staff, database: Database) -> None:
    staff.asked_to_call()
    staff.report("reached", note="Comes on Monday")
    assert "Monday" not in str(list(database["calls"].find()))


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"profile": profile(phones=())}, "no_address"),
        ({"profile": profile(phones=(NUMBER,))}, "no_consent"),
        ({"profile": profile(phones=(NUMBER,), consents=(OBJECTED,))}, "unsubscribed"),
        ({"own": Told(complaints=(complaint("opened"),))}, "open_complaint"),
    ],
)  # fmt: skip
def test_what_has_happened_since_stands_against_the_call(
    staff: Staff, changes: dict[str, Any], obstacle: str
) -> None:
    staff.asked_to_call()
    staff.known(**changes)
    assert staff.list()[0]["obstacle"] == obstacle


def test_a_merged_customer_is_rung_as_whom_they_are_now(staff: Staff) -> None:
    staff.known(merged=Merged("mona", 2), profile=None)
    home = replace(entry("mona", profile=profile(name="Mona", phones=(NUMBER,))), version=0)
    staff.store.save([home])
    staff.asked_to_call(purpose="service")
    assert [(call["name"], call["phone"]) for call in staff.list()] == [("Mona", NUMBER)]


def test_who_is_erased_is_on_no_list(staff: Staff, database: Database) -> None:
    staff.known()
    staff.asked_to_call()
    staff.store.forget_calls(["sara"])
    assert database["calls"].count_documents({}) == 0


def test_who_was_erased_while_the_call_was_in_hand_comes_on_no_list(staff: Staff, database: Database) -> None:
    staff.store.save([Entry("sara", erased=True)])
    assert isinstance(staff.asked_to_call(), Refused)
    assert database["calls"].count_documents({}) == 0


def test_a_database_that_is_away_puts_the_call_off() -> None:
    uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"
    database = open_database(uri, "nowhere")
    outcome = CallList(NotificationsStore(database)).send(message())
    assert isinstance(outcome, PutOff)
    assert outcome.away
    database.client.close()


def test_in_staging_calls_are_files(staff: Staff, tmp_path: Any) -> None:
    folder = text_folder(tmp_path, "phone")
    assert with_calls({"phone": folder}, staff.store)["phone"] is folder
    assert isinstance(with_calls({}, staff.store)["phone"], CallList)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"call_id": {"$ne": ""}}, "call_id must be a string, not an object"),
        ({"agent": None}, "agent must be a string, not null"),
        ({"note": 5}, "note must be a string"),
        ({"outcome": "perhaps"}, "outcome must be one of call_back, no_answer, reached, wrong_number"),
        ({"outcome": ["reached"]}, "outcome must be a string, not an array"),
        ({"note": "x" * 6000}, "note must have"),
        ({"agent": "two\nlines"}, "agent must be one line"),
    ],
)
def test_a_wrong_argument_is_named(staff: Staff, arguments: dict[str, Any], named: str) -> None:
    usual = {"call_id": "outreach-1", "outcome": "reached", "agent": "layla"}
    with pytest.raises(InvalidArgument, match=named):
        calling.call_done(staff.store, staff.publish, now=NOON, **usual | arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"state": {"$ne": 1}}, "state must be a string"), ({"state": "x"}, "state must be one of"),
     ({"before": {"$gt": ""}}, "before must be a string"), ({"before": "x"}, "before must be `next`"),
     ({"limit": "5"}, "limit must be a whole number"), ({"limit": True}, "limit must be a whole number")],
)  # fmt: skip
def test_a_wrong_question_is_named(staff: Staff, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        calling.calls(staff.store, **arguments)

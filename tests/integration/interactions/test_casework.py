"""Staff work on complaints: who waits is listed, somebody takes it, and what they settle is told to all."""

from datetime import timedelta

import pytest

from services.interactions import caseview, casework
from services.interactions.handlers import refresh_cases
from tests.integration.interactions.parts import NOON, NOW, SOURCE, Interactions, complaint, forget
from wafa.contracts.envelope import derive_id
from wafa.contracts.validation import check
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.mongo import Document

CASE = derive_id(SOURCE, "case c-1")


@pytest.fixture
def opened(interactions: Interactions) -> Interactions:
    interactions.record(complaint("opened", "e1", 9, text="it never came"))
    return interactions


def seen(interactions: Interactions, case_id: str = CASE) -> dict:
    found = caseview.case(interactions.store, case_id, NOW)
    assert found is not None
    return found


def assign(interactions: Interactions, who: str | None, **options: bool) -> dict:
    return casework.assign(interactions.store, CASE, who, interactions.now, **options)


def resolve(interactions: Interactions, resolution: str = "sent anew", agent: str = "sara") -> dict:
    store = interactions.store
    return casework.resolve(store, interactions.publish, CASE, resolution, agent, interactions.now)


def hear(interactions: Interactions) -> None:
    """What was published comes back through the queue. Customers are known by their e-mail here."""
    for event in interactions.told("complaint.resolved.v1"):
        reference = {"email": f"{event['data']['customer']['id']}@example.com"}
        assert check(event, interactions.now) is None
        assert interactions.record({**event, "data": {**event["data"], "customer": reference}}) == []


def test_open_cases_are_listed_from_the_one_that_waits_longest_on_page_by_page(
    interactions: Interactions,
) -> None:
    for number, hour in enumerate((9, 7, 8)):
        interactions.record(complaint("opened", f"e{number}", hour, about=f"c-{number}", who=f"w{number}"))
    interactions.record(
        complaint("opened", "e3", 6, about="c-3"), complaint("resolved", "e4", 7, about="c-3")
    )
    listed, before = [], None
    while True:
        page = caseview.cases(interactions.store, "open", None, before, 2, NOW)
        listed += [case["customer_id"] for case in page["cases"]]
        if (before := page.get("next")) is None:
            break

    assert listed == ["w1", "w2", "w0"]
    [resolved] = caseview.cases(interactions.store, "resolved", None, None, 2, NOW)["cases"]
    assert (resolved["customer_id"], resolved["response_seconds"]) == ("mona", 3600)


def test_what_is_no_place_in_the_list_is_said_so(interactions: Interactions) -> None:
    for before in ("", "~", "yesterday~x", "0001-01-01T00:00:00+14:00~x"):
        with pytest.raises(InvalidArgument, match="before must be"):
            caseview.cases(interactions.store, "open", None, before, 2, NOW)


def test_who_sees_to_a_case_stays_when_more_is_heard_of_it_or_it_is_folded_anew(
    opened: Interactions,
) -> None:
    shown = assign(opened, "sara")
    assert (shown["assignee"], shown["response_seconds"]) == ("sara", 23 * 3600)

    opened.record(complaint("resolved", "e2", 10), complaint("reopened", "e3", 11))
    refresh_cases(opened.store.records_of_cases([CASE]), opened.store)

    assert (seen(opened)["assignee"], seen(opened)["version"]) == ("sara", 3)
    assert [case["id"] for case in listed(opened, assignee="sara")] == [CASE]
    assert listed(opened, assignee="omar") == []
    assert listed(opened, unassigned=True) == []


def listed(interactions: Interactions, assignee: str | None = None, unassigned: bool = False) -> list[dict]:
    page = caseview.cases(interactions.store, "open", assignee, None, 9, NOW, unassigned=unassigned)
    return page["cases"]


def test_two_who_take_a_case_at_once_do_not_both_have_it(opened: Interactions) -> None:
    assert assign(opened, "sara", unless_assigned=True)["assignee"] == "sara"

    assert assign(opened, "omar", unless_assigned=True)["error"]["reason"] == "assigned"
    assert assign(opened, "sara", unless_assigned=True)["assignee"] == "sara"
    assert assign(opened, "omar")["assignee"] == "omar", "handed over"
    assert assign(opened, None)["assigned_at"] is None, "given back"
    assert [case["id"] for case in listed(opened, unassigned=True)] == [CASE]


def test_an_assignment_that_lost_a_race_is_looked_at_again(
    opened: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = opened.store.cases
    get = cases.get

    def meanwhile(case_id: str) -> Document | None:
        found = get(case_id)
        monkeypatch.setattr(cases, "get", get)
        casework.assign(opened.store, CASE, "omar", NOW)
        return found

    monkeypatch.setattr(cases, "get", meanwhile)

    assert assign(opened, "sara", unless_assigned=True)["error"]["reason"] == "assigned"


def test_a_case_that_is_closed_or_unknown_is_nobodys_to_see_to(opened: Interactions) -> None:
    opened.record(complaint("resolved", "e2", 10))

    assert assign(opened, "sara")["error"]["reason"] == "closed"
    unknown = casework.assign(opened.store, "nothing", "sara", NOW)
    assert unknown["error"]["reason"] == "unknown_case"
    assert caseview.case(opened.store, "nothing", NOW) is None


def test_a_resolution_is_told_as_its_publisher_would_and_closes_the_case(opened: Interactions) -> None:
    shown = resolve(opened)
    assert shown["status"] == "resolving"

    hear(opened)

    [event] = opened.told("complaint.resolved.v1")
    assert (event["source"], event["data"]["complaint_id"]) == (SOURCE, "c-1")
    case = seen(opened)
    assert (case["status"], case["resolution"]) == ("resolved", "sent anew")
    assert case["events"][-1]["data"]["agent"] == "sara"
    assert case["response_seconds"] == 23 * 3600


def test_a_resolution_asked_for_twice_is_one_event_to_the_letter(opened: Interactions) -> None:
    resolve(opened)
    opened.now += timedelta(seconds=30)
    assert resolve(opened)["status"] == "resolving"
    hear(opened)
    opened.now += timedelta(seconds=30)
    assert resolve(opened)["status"] == "resolved", "the answer was lost, not the resolution"

    first, second = opened.told("complaint.resolved.v1")
    assert first == second
    assert seen(opened)["version"] == 2
    assert resolve(opened, "something else")["error"]["reason"] == "closed"


def test_of_two_who_settle_it_at_once_the_first_has_and_the_other_hears_who(opened: Interactions) -> None:
    resolve(opened, agent="sara")

    refused = resolve(opened, agent="omar")["error"]

    assert (refused["reason"], "sara" in refused["message"]) == ("resolving", True)
    assert len({str(event) for event in opened.told("complaint.resolved.v1")}) == 1


def test_a_resolution_that_its_worker_died_over_is_told_by_whoever_asks_next(
    opened: Interactions,
) -> None:
    def die(_: object) -> None:
        raise SystemError

    with pytest.raises(SystemError):
        casework.resolve(opened.store, die, CASE, "sent anew", "sara", NOW)
    assert seen(opened)["status"] == "resolving"

    resolve(opened, agent="omar")
    hear(opened)

    assert seen(opened)["resolution"] == "sent anew"


def test_a_case_that_came_back_is_settled_anew(opened: Interactions) -> None:
    resolve(opened)
    hear(opened)
    opened.now += timedelta(hours=1)
    again = {**complaint("reopened", "e3", 9), "time": opened.now.isoformat()}
    opened.record(again)
    assert seen(opened)["status"] == "open"

    opened.now += timedelta(hours=1)
    resolve(opened)
    hear(opened)

    assert len({event["id"] for event in opened.told("complaint.resolved.v1")}) == 2
    assert seen(opened)["status"] == "resolved"


def test_a_case_whose_last_word_is_ahead_of_the_clock_can_be_settled(opened: Interactions) -> None:
    ahead = {**complaint("reopened", "e3", 9), "time": (NOW + timedelta(minutes=2)).isoformat()}
    opened.record(ahead)

    resolve(opened)
    hear(opened)

    assert seen(opened)["status"] == "resolved"


def test_words_that_no_event_takes_are_refused_by_name(opened: Interactions) -> None:
    with pytest.raises(InvalidArgument, match=r"^resolution "):
        resolve(opened, resolution="")
    with pytest.raises(InvalidArgument, match=r"^agent "):
        resolve(opened, agent="two\nlines")
    with pytest.raises(InvalidArgument, match=r"^assignee "):
        casework.assign(opened.store, CASE, {"$ne": 1}, NOW)  # type: ignore[arg-type]
    assert opened.told("complaint.resolved.v1") == []


def test_a_case_of_somebody_who_was_erased_is_no_work_any_more(opened: Interactions) -> None:
    assign(opened, "sara")
    resolve(opened, resolution="called Mona at home")
    opened.quarantine(forget("mona", time=NOON))

    assert listed(opened) == []
    assert resolve(opened)["error"]["reason"] == "customer_erased"
    assert assign(opened, "omar")["error"]["reason"] == "customer_erased"
    assert "at home" not in repr(opened.store.cases.get(CASE))

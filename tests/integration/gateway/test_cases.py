"""Staff work on complaints over HTTP, and what they settle is known everywhere."""

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import Json
from tests.integration.gateway.people import arrived, card, complained, refusal
from tests.waiting import eventually


def opened(front: Front) -> tuple[str, str]:
    """Somebody complains; return their id and that of the case."""
    who = unique_name()
    id = arrived(front, complained(who, unique_name()), who=who)
    [case] = eventually(lambda: card(front, id)["open_cases"])
    return id, case["case_id"]


def listed(front: Front, **wanted: str) -> list[Json]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    cases, before = [], ""
    while True:
        answer = front.get(f"/v1/cases?{query}{before}")
        assert answer.status == 200, answer.data
        cases += answer.json()["cases"]
        if answer.json()["next"] is None:
            return cases
        before = f"&before={answer.json()['next']}"


def test_who_waits_longest_is_listed_first(front: Front) -> None:
    _, first = opened(front)
    _, second = opened(front)

    ids = [case["case_id"] for case in listed(front, limit="1")]

    assert ids.index(first) < ids.index(second)


def test_a_case_is_taken_by_one_and_handed_over(front: Front) -> None:
    agent = unique_name()
    _, case = opened(front)
    taken = front.post(f"/v1/cases/{case}/assign", {"assignee": agent, "unless_assigned": True})
    assert (taken.status, taken.json()["assignee"]) == (200, agent)

    other = front.post(f"/v1/cases/{case}/assign", {"assignee": "other", "unless_assigned": True})
    assert refusal(other) == (409, "assigned")
    assert [one["case_id"] for one in listed(front, assignee=agent)] == [case]
    assert case not in [one["case_id"] for one in listed(front, unassigned="true")]

    back = front.post(f"/v1/cases/{case}/assign", {"assignee": None})
    assert (back.json()["assignee"], back.json()["assigned_at"]) == (None, None)
    assert case in [one["case_id"] for one in listed(front, unassigned="true")]


def test_what_is_resolved_is_known_everywhere_and_who_did_it_stays(front: Front) -> None:
    id, case = opened(front)
    front.post(f"/v1/cases/{case}/assign", {"assignee": "سارة"})
    settled = {"resolution": "أُرسل من جديد", "agent": "سارة"}

    answers = [front.post(f"/v1/cases/{case}/resolve", settled) for _ in range(2)]

    assert [one.status for one in answers] == [202, 202], answers[1].data
    eventually(lambda: front.get(f"/v1/cases/{case}").json()["status"] == "resolved")
    shown = front.get(f"/v1/cases/{case}").json()
    assert (shown["resolution"], shown["assignee"]) == ("أُرسل من جديد", "سارة")
    assert [one["type"] for one in shown["events"]] == ["complaint.opened.v1", "complaint.resolved.v1"]
    assert shown["events"][0]["data"]["text"] == "لم يصل الطلب"
    assert card(front, id)["open_cases"] == []
    assert case in [one["case_id"] for one in listed(front, status="resolved")]
    timeline = front.get(f"/v1/customers/{id}/interactions").json()["interactions"]
    assert [one["type"] for one in timeline] == ["complaint.resolved.v1", "complaint.opened.v1"]


def test_what_is_closed_or_was_never_there_is_refused(front: Front) -> None:
    _, case = opened(front)
    front.post(f"/v1/cases/{case}/resolve", {"resolution": "done", "agent": "a"})
    eventually(lambda: front.get(f"/v1/cases/{case}").json()["status"] == "resolved")

    assert refusal(front.post(f"/v1/cases/{case}/assign", {"assignee": "a"})) == (409, "closed")
    again = front.post(f"/v1/cases/{case}/resolve", {"resolution": "other", "agent": "a"})
    assert refusal(again) == (409, "closed")
    nothing = f"/v1/cases/{unique_name()}"
    assert refusal(front.get(nothing)) == (404, "not_found")
    assert refusal(front.post(f"{nothing}/assign", {"assignee": "a"})) == (404, "not_found")
    assert refusal(front.post(f"{nothing}/resolve", {"resolution": "r", "agent": "a"})) == (404, "not_found")


def test_what_makes_no_sense_is_refused_with_its_field(front: Front) -> None:
    _, case = opened(front)
    for path, body, field in (
        ("assign", {}, "assignee"),
        ("assign", {"assignee": {"$gt": ""}}, "assignee"),
        ("assign", {"assignee": "a\nb"}, "assignee"),
        ("assign", {"assignee": "a", "unless_assigned": "yes"}, "unless_assigned"),
        ("resolve", {"agent": "a"}, "resolution"),
        ("resolve", {"resolution": "", "agent": "a"}, "resolution"),
    ):
        answer = front.post(f"/v1/cases/{case}/{path}", body)
        assert refusal(answer) == (422, "invalid"), answer.data
        assert answer.json()["error"]["details"][0]["path"] == field

    assert refusal(front.get("/v1/cases?status=$ne"))[0] == 422
    assert refusal(front.get("/v1/cases?assignee=a&unassigned=true"))[0] == 422

"""The list of calls over HTTP."""

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import Json, audience, broadcast, event, launched
from tests.integration.gateway.people import arrived, refusal
from tests.waiting import eventually


def to_ring(front: Front) -> Json:
    """A campaign asks staff to ring somebody; return the call."""
    who, group = unique_name(), unique_name()
    number = f"+96650{int(who[1:8], 16) % 10**7:07}"
    profile = {
        "email": f"{who}@example.com",
        "phone": number,
        "tags": [group],
        "locale": "ar",
    }
    agreed = {"channel": "phone", "purpose": "marketing", "status": "granted"}
    told = event("customer.registered.v1", who, customer=profile), event("consent.changed.v1", who, **agreed)
    id = arrived(front, *told, who=who)
    rule = {"and": [audience(group), {"field": "consented", "op": "eq", "value": "phone/marketing"}]}
    eventually(lambda: front.post("/v1/segments/count", {"rule": rule}).json()["count"] == 1)
    step = {"message": {"id": "ring", "template": "news", "channels": ["phone"]}}
    launched(front, broadcast(unique_name().replace("t", "ring-", 1), group, steps=[step]))
    [call] = eventually(lambda: [one for one in open_calls(front) if one["customer_id"] == id])
    assert (call["name"], call["phone"], call["direction"]) == ("ليلى حسن", number, "rtl")
    return call


def open_calls(front: Front) -> list[Json]:
    answer = front.get("/v1/calls?limit=500")
    assert answer.status == 200, answer.data
    calls: list[Json] = answer.json()["calls"]
    return calls


def test_staff_ring_and_say_how_it_ended_once(front: Front) -> None:
    call = to_ring(front)
    ended = {"outcome": "reached", "agent": "sara", "note": "will come on Monday"}

    answers = [front.post(f"/v1/calls/{call['call_id']}/done", ended) for _ in range(2)]

    assert [(one.status, one.json()["state"]) for one in answers] == [(200, "done")] * 2
    assert call["call_id"] not in [one["call_id"] for one in open_calls(front)]
    path = f"/v1/customers/{call['customer_id']}/interactions"
    [contact] = eventually(lambda: front.get(path).json()["interactions"])
    assert (contact["type"], contact["data"]["agent"]) == ("contact.logged.v1", "sara")
    other = front.post(f"/v1/calls/{call['call_id']}/done", {"outcome": "no_answer", "agent": "omar"})
    assert refusal(other) == (409, "closed")


def test_calls_are_listed_first_due_first_page_by_page(front: Front) -> None:
    rung = {to_ring(front)["call_id"] for _ in range(3)}
    pages = [front.get("/v1/calls?limit=2").json()]
    while before := pages[-1]["next"]:
        pages.append(front.get(f"/v1/calls?limit=2&before={before}").json())

    listed = [one["call_id"] for page in pages for one in page["calls"]]
    dues = [one["due"] for page in pages for one in page["calls"]]
    assert len(listed) == len({*listed})
    assert rung <= {*listed}
    assert dues == sorted(dues)
    assert all(len(page["calls"]) == 2 for page in pages[:-1])


def test_a_call_that_there_is_not_and_an_ending_that_there_is_not_are_refused(front: Front) -> None:
    ended = {"outcome": "reached", "agent": "sara"}

    assert refusal(front.post(f"/v1/calls/{unique_name()}/done", ended)) == (404, "not_found")
    assert refusal(front.post("/v1/calls/x/done", ended | {"outcome": "maybe"})) == (422, "invalid")
    assert refusal(front.post("/v1/calls/x/done", {"outcome": "reached"})) == (422, "invalid")
    assert refusal(front.get("/v1/calls?state=lost")) == (422, "invalid")

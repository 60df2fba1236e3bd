"""The timeline over HTTP."""

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.people import arrived, bought, refusal
from tests.waiting import eventually


def test_what_happened_is_listed_newest_first_page_by_page(front: Front) -> None:
    who = unique_name()
    id = arrived(front, *(bought(who, f"{day}.00", days_ago=day) for day in (3, 1, 4, 2, 5)), who=who)
    path = f"/v1/customers/{id}/interactions"
    eventually(lambda: len(front.get(path).json()["interactions"]) == 5)
    amounts, before = [], ""
    while True:
        page = front.get(f"{path}?limit=2{before}").json()
        amounts += [one["data"]["total"]["amount"] for one in page["interactions"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"

    assert amounts == ["1.00", "2.00", "3.00", "4.00", "5.00"]


def test_somebody_with_whom_nothing_has_happened_is_not_nobody(front: Front) -> None:
    id = arrived(front)

    assert front.get(f"/v1/customers/{id}/interactions").json() == {"interactions": [], "next": None}
    assert refusal(front.get(f"/v1/customers/{unique_name()}/interactions")) == (404, "not_found")


def test_a_page_that_there_is_not_is_refused_with_its_field(front: Front) -> None:
    for query, field in (("before=x", "before"), ("limit=0", "limit"), ("limit=many", "limit")):
        answer = front.get(f"/v1/customers/somebody/interactions?{query}")

        assert refusal(answer) == (422, "invalid")
        assert answer.json()["error"]["details"][0]["path"] == field

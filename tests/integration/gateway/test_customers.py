"""Staff find a customer, and see at once what they should know."""

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front


def test_nobody_of_that_id_is_404_in_the_one_shape(front: Front) -> None:
    answer = front.get(f"/v1/customers/{unique_name()}/card")

    assert answer.status == 404, answer.data
    assert answer.json()["error"]["code"] == "not_found"


def test_who_has_no_key_is_told_how_to_get_one(front: Front) -> None:
    stranger = Front(front.stack)

    answer = stranger.get("/v1/customers/somebody")

    assert answer.status == 401
    assert "wafa keys create" in answer.json()["error"]["message"]


def test_a_lookup_says_who_in_one_way(front: Front) -> None:
    answer = front.get("/v1/customers/lookup?email=a@example.com&phone=1")

    assert answer.status == 422, answer.data
    assert "one way" in answer.json()["error"]["details"][0]["message"]

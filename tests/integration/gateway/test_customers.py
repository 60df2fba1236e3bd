"""Staff find a customer, and see at once what they should know."""

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import event, publish
from tests.integration.gateway.people import arrived, bought, card, complained, found, refusal
from tests.waiting import eventually


def test_the_card_says_who_it_is_what_they_have_and_what_to_say_in_both_languages(front: Front) -> None:
    who = unique_name()
    id = arrived(front, bought(who, "150.00", days_ago=3), bought(who, "50.00"), who=who)
    shown = eventually(lambda: (one := card(front, id))["recognized"] and one)

    assert (shown["customer_id"], shown["name"], shown["locale"]) == (id, "ليلى حسن", "ar-EG")
    assert shown["say"]["code"] == "thank"
    assert shown["say"]["ar"] != shown["say"]["en"]
    assert shown["last_purchase"]["data"]["total"] == {"amount": "50.00", "currency": "USD"}
    assert (shown["open_cases"], shown["last_feedback"], shown["missing"]) == ([], None, [])
    member = shown["member"]
    assert member["purchase_count"] == 2
    assert member["tier_titles"].keys() == {"ar", "en"}
    assert member["next_tier"]["titles"].keys() == {"ar", "en"}
    assert float(member["next_tier"]["missing"]["amount"]) > 0


def test_whoever_has_an_open_complaint_is_met_with_an_apology(front: Front) -> None:
    who = unique_name()
    id = arrived(front, bought(who), complained(who, unique_name()), who=who)
    feedback = event("feedback.given.v1", who, kind="csat", score=2, comment="متأخر")
    publish(front, feedback)
    shown = eventually(lambda: (one := card(front, id))["open_cases"] and one["last_feedback"] and one)

    assert shown["say"]["code"] == "apologise"
    [case] = shown["open_cases"]
    assert (case["category"], case["severity"], case["status"]) == ("late delivery", "high", "open")
    assert shown["last_feedback"]["data"] == {"kind": "csat", "score": 2, "comment": "متأخر"}


def test_who_has_never_bought_is_a_card_without_a_member(front: Front) -> None:
    shown = card(front, arrived(front))

    assert (shown["member"], shown["recognized"], shown["say"]["code"]) == (None, False, "welcome")


def test_a_customer_is_found_by_whatever_identifies_them(front: Front) -> None:
    who = unique_name()
    named = {"email": f"{who}@example.com", "external_ids": [{"system": "pos-riyadh", "id": who}]}
    publish(front, event("customer.registered.v1", who, customer=named | {"phone": "+966501234567"}))
    id = eventually(lambda: found(front, who))["customer_id"]

    assert front.get(f"/v1/customers/lookup?system=pos-riyadh&id={who}").json()["customer_id"] == id
    shown = front.get(f"/v1/customers/{id}").json()
    assert shown["emails"] == [f"{who}@example.com"]


def test_nobody_of_that_id_is_404_in_the_one_shape(front: Front) -> None:
    nobody = unique_name()

    for path in ("", "/card", "/interactions", "/export"):
        assert refusal(front.get(f"/v1/customers/{nobody}{path}")) == (404, "not_found"), path


def test_who_has_no_key_is_told_how_to_get_one(front: Front) -> None:
    stranger = Front(front.stack)

    answer = stranger.get("/v1/customers/somebody")

    assert answer.status == 401
    assert "wafa keys create" in answer.json()["error"]["message"]


def test_a_lookup_says_who_in_one_way(front: Front) -> None:
    answer = front.get("/v1/customers/lookup?email=a@example.com&phone=1")

    assert answer.status == 422, answer.data
    assert "one way" in answer.json()["error"]["details"][0]["message"]


def test_what_can_be_no_identifier_is_said_with_its_field(front: Front) -> None:
    answer = front.get("/v1/customers/lookup?phone=12")

    assert refusal(answer) == (422, "invalid")
    [detail] = answer.json()["error"]["details"]
    assert (detail["path"], detail["reason"]) == ("phone", "invalid_identifier")

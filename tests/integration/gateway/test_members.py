"""Points and tiers over HTTP: now, then, entry by entry; and spent once."""

from datetime import timedelta

from pymongo import MongoClient

from services.loyalty.offering.learning import learn_from_ledger
from services.loyalty.offering.store import OfferStore
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.people import arrived, bought, card, refusal
from tests.waiting import eventually
from wafa.contracts.times import format_time
from wafa.runtime.clock import now


def member(front: Front, amount: str = "100.00", **options: int) -> str:
    """Somebody who has bought for this."""
    who = unique_name()
    id = arrived(front, bought(who, amount, **options), who=who)
    eventually(lambda: card(front, id)["member"])
    return id


def test_a_member_is_shown_as_they_are_and_as_they_were(front: Front) -> None:
    who = unique_name()
    id = arrived(front, bought(who, days_ago=10), bought(who), who=who)
    eventually(lambda: (card(front, id)["member"] or {}).get("purchase_count") == 2)

    shown = front.get(f"/v1/members/{id}").json()
    assert (shown["customer_id"], shown["spend"]) == (id, {"amount": "200.00", "currency": "USD"})
    before = format_time(now() - timedelta(days=5))
    assert front.get(f"/v1/members/{id}?as_of={before}").json()["purchase_count"] == 1
    assert front.get(f"/v1/members/{id}?as_of={before[:10]}").json()["purchase_count"] == 1
    assert refusal(front.get(f"/v1/members/{id}?as_of=2001-01-01")) == (404, "not_found")

    wrong = front.get(f"/v1/members/{id}?as_of=yesterday")
    assert refusal(wrong) == (422, "invalid")
    assert wrong.json()["error"]["details"][0]["path"] == "as_of"


def test_the_ledger_says_where_every_point_comes_from(front: Front) -> None:
    id = member(front)

    [entry] = front.get(f"/v1/members/{id}/ledger").json()["entries"]

    assert (entry["kind"], entry["amount"], entry["currency"]) == ("purchase", "100.00", "USD")
    assert entry["earned"] == entry["balance"] == front.get(f"/v1/members/{id}").json()["points"]


def test_the_ledger_is_listed_newest_first_page_by_page(front: Front) -> None:
    who = unique_name()
    id = arrived(front, *(bought(who, f"{day}.00", days_ago=day) for day in (3, 1, 4, 2, 5)), who=who)
    path = f"/v1/members/{id}/ledger?limit=2"
    eventually(lambda: (card(front, id)["member"] or {}).get("purchase_count") == 5)
    pages = [front.get(path).json()]
    while before := pages[-1]["next"]:
        pages.append(front.get(f"{path}&before={before}").json())

    amounts = [one["amount"] for page in pages for one in page["entries"]]
    assert amounts == ["1.00", "2.00", "3.00", "4.00", "5.00"]
    assert [len(page["entries"]) for page in pages] == [2, 2, 1]
    assert {page["customer_id"] for page in pages} == {id}


def test_who_never_bought_is_no_member(front: Front) -> None:
    id = arrived(front)

    assert refusal(front.get(f"/v1/members/{id}")) == (404, "not_found")
    assert refusal(front.get(f"/v1/members/{id}/ledger")) == (404, "not_found")
    spending = front.post(f"/v1/members/{id}/redeem", {"redemption_id": "1", "points": 1})
    assert refusal(spending) == (404, "not_found")


def test_points_are_spent_once_however_often_the_till_asks(front: Front) -> None:
    id = member(front)
    had = front.get(f"/v1/members/{id}").json()["points"]
    spend = {"redemption_id": unique_name(), "points": 40}

    answers = [front.post(f"/v1/members/{id}/redeem", spend) for _ in range(3)]

    assert [one.status for one in answers] == [200, 200, 200], answers[0].data
    assert {one.json()["points"] for one in answers} == {had - 40}
    assert front.get(f"/v1/members/{id}/ledger").json()["entries"][0]["spent"] == 40


def test_what_stands_against_spending_is_said_in_words_for_machines(front: Front) -> None:
    id = member(front)
    path, first = f"/v1/members/{id}/redeem", unique_name()
    front.post(path, {"redemption_id": first, "points": 1})

    assert refusal(front.post(path, {"redemption_id": "x", "points": 10**9})) == (409, "too_few_points")
    assert refusal(front.post(path, {"redemption_id": first, "points": 2})) == (409, "other_points")
    for points in (0, -1, 1.5, "1", True, None, 2**64):
        assert refusal(front.post(path, {"redemption_id": "y", "points": points})) == (422, "invalid"), points
    assert refusal(front.post(path, {"points": 1})) == (422, "invalid")


def test_what_to_offer_a_member_is_answered_before_and_after_it_was_learnt(front: Front) -> None:
    # Whoever numbers articles may do so with slashes.
    skus = [f"{unique_name()}/{number}" for number in range(2)]
    lines = [
        {"sku": sku, "category": "coffee", "quantity": 1, "unit_price": {"amount": price, "currency": "USD"}}
        for sku, price in zip(skus, ("10.00", "11.00"), strict=True)
    ]
    for _ in range(3):
        id = member(front, lines=lines)
    path = f"/v1/members/{id}/recommendations"
    assert front.get(path).json()["customer_id"] == id
    assert refusal(front.get(f"/v1/articles/{skus[0]}/alternatives")) == (404, "not_found")

    with MongoClient(front.stack.mongodb_uri, tz_aware=True) as client:
        names = [one for one in client.list_database_names() if one.endswith("loyalty")]
        [name] = [one for one in names if client[one]["members"].find_one({"_id": id})]
        learn_from_ledger(OfferStore(client[name]), now())

    offered = front.get(f"{path}?limit=3").json()
    assert {one["sku"] for one in offered["again"]} == set(skus)
    assert all(one["reason"]["code"] and one["say"]["ar"] for one in offered["again"])
    [instead] = front.get(f"/v1/articles/{skus[0]}/alternatives").json()["alternatives"]
    assert (instead["sku"], instead["dearer_percent"]) == (skus[1], 10)
    assert refusal(front.get("/v1/members/nobody/recommendations")) == (404, "not_found")
    for limit in ("0", "21", "-1", "five", "1e1", "2.5", ""):
        assert refusal(front.get(f"{path}?limit={limit}")) == (422, "invalid"), limit


def test_whatever_stands_for_an_article_is_one_that_is_not_known(front: Front) -> None:
    odd = ("$where", "a.b", "%00", "%20", "%7B%22$ne%22:1%7D", "..%2F..", "%ED%A0%80", "x" * 2000, "قهوة")
    for sku in odd:
        assert refusal(front.get(f"/v1/articles/{sku}/alternatives")) == (404, "not_found"), sku
        assert refusal(front.get(f"/v1/members/{sku}/recommendations")) == (404, "not_found"), sku

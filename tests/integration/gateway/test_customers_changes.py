"""Who is who over HTTP: merged, separated, exported, erased; every step with its receipts."""

import urllib3

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import Json, event, publish
from tests.integration.gateway.people import arrived, bought, card, complained, refusal
from tests.waiting import eventually


def complete(front: Front, change_id: str) -> Json:
    """Return a change as soon as everybody has applied it."""

    def look() -> Json | None:
        [change] = front.get(f"/v1/customers/changes?change_id={change_id}").json()["changes"]
        return None if change["waiting_for"] else change

    change = eventually(look)
    assert change is not None
    return change


def changed(front: Front, path: str, **body: object) -> Json:
    answer = front.post(path, body)
    assert answer.status == 200, answer.data
    outcome: Json = answer.json()
    return outcome


def test_two_who_are_one_are_merged_and_can_be_separated_again(front: Front) -> None:
    one, other = unique_name(), unique_name()
    into, alias = arrived(front, bought(one), who=one), arrived(front, bought(other), who=other)
    eventually(lambda: all((card(front, id)["member"] or {}).get("purchase_count") for id in (into, alias)))

    dry = changed(front, f"/v1/customers/{into}/merge", from_id=alias, dry_run=True)
    assert (dry["dry_run"], dry["change"]) == (True, None)
    assert dry["would"]["moves"]["emails"] == [f"{other}@example.com"]
    assert front.get(f"/v1/customers/{alias}").json()["customer_id"] == alias, "nothing has happened"

    done = changed(front, f"/v1/customers/{into}/merge", from_id=alias)
    assert (done["dry_run"], done["would"]) == (False, None)
    again = changed(front, f"/v1/customers/{into}/merge", from_id=alias)
    assert again["change"]["change_id"] == done["change"]["change_id"], "asked for twice it happens once"
    change = complete(front, done["change"]["change_id"])
    assert (change["from"], change["into"]) == (alias, into)
    assert change["confirmed"].keys() >= {"interactions", "loyalty", "notifications"}

    shown = card(front, alias)
    assert (shown["customer_id"], shown["member"]["purchase_count"]) == (into, 2)
    assert front.get(f"/v1/members/{alias}").json()["customer_id"] == into
    timeline = front.get(f"/v1/customers/{alias}/interactions").json()["interactions"]
    assert len(timeline) == 2

    undone = changed(front, f"/v1/customers/{alias}/unmerge")
    complete(front, undone["change"]["change_id"])
    assert card(front, alias)["member"]["purchase_count"] == 1
    kinds = [one["kind"] for one in front.get(f"/v1/customers/changes?customer_id={into}").json()["changes"]]
    assert kinds == ["unmerge", "merge"]


def test_the_journal_is_read_page_by_page(front: Front) -> None:
    ids = [arrived(front) for _ in range(3)]
    for alias in ids[1:]:
        changed(front, f"/v1/customers/{ids[0]}/merge", from_id=alias)
    listed, before = [], ""
    while True:
        page = front.get(f"/v1/customers/changes?customer_id={ids[0]}&limit=1{before}").json()
        listed += [one["from"] for one in page["changes"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"

    assert listed == [ids[2], ids[1]]
    wrong = front.get("/v1/customers/changes?before=yesterday")
    assert refusal(wrong) == (422, "invalid")


def test_what_stands_against_a_merge_is_said_in_words_for_machines(front: Front) -> None:
    one, other = unique_name(), unique_name()
    ids = []
    for who in (one, other):
        named = {"email": f"{who}@example.com", "external_ids": [{"system": "shop", "id": who}]}
        publish(front, event("customer.registered.v1", who, customer=named))
        ids.append(arrived(front, who=who))
    into, alias = ids

    def merge(into: str, **body: object) -> tuple[int, str]:
        return refusal(front.post(f"/v1/customers/{into}/merge", body))

    assert merge(into, from_id=alias) == (409, "conflicting_identifier")
    assert merge(into, from_id=into) == (409, "same_customer")
    assert merge(into, from_id=unique_name()) == (404, "not_found")
    assert merge(into) == (422, "invalid")
    assert merge(into, from_id={"$ne": 1}) == (422, "invalid")
    assert merge(into, from_id=alias, dryrun=True) == (422, "invalid"), "a typo does not make it real"
    assert refusal(front.post(f"/v1/customers/{alias}/unmerge", {})) == (409, "not_merged")
    assert changed(front, f"/v1/customers/{into}/merge", from_id=alias, force=True)["change"]


def test_a_text_that_is_none_is_refused_and_not_an_error_of_ours(front: Front) -> None:
    id = arrived(front)
    half = '{"from_id": "\\ud800"}'

    answer = urllib3.request(
        "POST",
        f"{front.url}/v1/customers/{id}/merge",
        body=half,
        headers={"Authorization": f"Bearer {front.token}", "Content-Type": "application/json"},
    )

    assert refusal(answer) == (422, "invalid")


def test_all_that_is_known_of_a_person_is_handed_out_as_one_document(front: Front) -> None:
    who = unique_name()
    id = arrived(front, bought(who), complained(who, unique_name(), "cold food"), who=who)
    consent = {"channel": "email", "purpose": "marketing", "status": "granted", "evidence": "till 4"}
    publish(front, event("consent.changed.v1", who, **consent))
    eventually(lambda: front.get(f"/v1/customers/{id}").json()["consents"])
    eventually(lambda: card(front, id)["member"] and card(front, id)["open_cases"])

    answer = front.get(f"/v1/customers/{id}/export")

    assert answer.status == 200, answer.data
    known = answer.json()
    assert known["customer"]["emails"] == [f"{who}@example.com"]
    assert known["records"][0]["consents"][0]["evidence"] == "till 4"
    kinds = {one["type"] for one in known["interactions"]}
    assert kinds == {"purchase.completed.v1", "complaint.opened.v1"}
    assert [one["category"] for one in known["open_cases"]] == ["cold food"]
    assert known["member"]["purchase_count"] == len(known["ledger"]) == 1
    assert known["audience"] is not None
    narrow = front.holding("customers:read")
    assert refusal(narrow.get(f"/v1/customers/{id}/export")) == (403, "forbidden")


def test_who_is_erased_is_told_as_such_and_nothing_of_them_is_left(front: Front) -> None:
    who = unique_name()
    id = arrived(front, bought(who), complained(who, unique_name()), who=who)
    eventually(lambda: card(front, id)["member"] and card(front, id)["open_cases"])

    assert refusal(front.post(f"/v1/customers/{id}/erase", {})) == (422, "invalid"), "it has to be said"
    dry = changed(front, f"/v1/customers/{id}/erase", dry_run=True)
    assert dry["would"]["moves"]["emails"] == [f"{who}@example.com"]
    assert "erased" not in card(front, id)

    done = changed(front, f"/v1/customers/{id}/erase", dry_run=False)
    complete(front, done["change"]["change_id"])

    assert front.get(f"/v1/customers/{id}").json() == {"customer_id": id, "erased": True}
    assert card(front, id) == {"customer_id": id, "erased": True, "missing": []}
    assert front.get(f"/v1/customers/lookup?email={who}@example.com").status == 404
    assert refusal(front.get(f"/v1/members/{id}")) == (404, "not_found")
    export = front.get(f"/v1/customers/{id}/export")
    assert export.status == 200, export.data
    assert who not in export.data.decode()
    assert (
        refusal(front.post(f"/v1/customers/{arrived(front)}/merge", {"from_id": id}))[1] == "customer_erased"
    )
    redeeming = front.post(f"/v1/members/{id}/redeem", {"redemption_id": "1", "points": 1})
    assert refusal(redeeming) == (409, "customer_erased")

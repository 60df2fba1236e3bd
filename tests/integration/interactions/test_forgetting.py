"""An erasure: nothing personal is left in any collection, and whatever arrives late brings nothing back."""

import base64
from datetime import timedelta

import pytest
from pymongo.database import Database

from services.interactions import handlers, queries
from services.interactions.forgetting import PATIENCE
from tests.integration.interactions.parts import (
    NOON,
    NOW,
    Interactions,
    complaint,
    forget,
    purchase,
    repointed,
)
from wafa.contracts.envelope import encode, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.errors import RemoteUnavailable, Transient

FAILED = Problem("processing_failed", "", "")
UNREADABLE = Problem("unreadable", "", "not JSON")

PERSONAL = [
    "mona",
    "Mona Ali",
    "منى",
    "50123",
    "٥٠١٢٣",
    "m-0050",
    "receipt-77",
    "case-88",
    "order-99",
    "spilt coffee",
    "a refund",
    "agent-7",
    "vip lounge",
    "corr-1",
    "acme",
    "broker-5",
]
TRACES = {
    "emails": ["mona@example.com", "m.ali@example.com"],
    "phones": ["+966501234567"],
    "external_ids": [{"system": "pos", "id": "m-0050"}],
    "names": ["Mona Ali", "منى العلي"],
}


def event(type: str, id: str, **data: object) -> dict:
    told = make_event(f"{type}.v1", source="/till/mona", id=id, time=NOON, correlation="corr-1", data=data)
    data["customer"] = {"email": "mona@example.com", "name": "Mona Ali"}
    return told


def life_of_mona() -> list[dict]:
    money = {"amount": "12.50", "currency": "SAR"}
    of = {"complaint_id": "case-88", "category": "spilt coffee", "severity": "high"}
    return [
        event(
            "purchase.completed",
            "receipt-77",
            purchase_id="receipt-77",
            total=money,
            channel="store",
            via="broker-5",
            account="acme",
            lines=[{"sku": "tea", "name": "Mona Ali", "quantity": 1, "unit_price": money}],
            extra="vip lounge",
        ),
        event("purchase.returned", "r1", purchase_id="receipt-77", return_id="order-99", total=money),
        event(
            "contact.logged",
            "order-99-call",
            kind="call",
            direction="inbound",
            purpose="service",
            agent="agent-7",
            summary="Mona Ali wants a refund",
        ),
        event("complaint.opened", "c1", **of, text="spilt coffee"),
        event("complaint.resolved", "c2", **of, resolution="a refund"),
        event(
            "feedback.given", "f1", kind="csat", score=4, comment="منى", about={"type": "x", "id": "order-99"}
        ),
        event("service.progressed", "s1", reference="order-99", status="vip lounge"),
    ]


def everything_in(database: Database) -> str:
    """Every collection as text, bytes included."""
    documents = [one for name in database.list_collection_names() for one in database[name].find()]
    return "\n".join(f"{one!r} {bytes(one.get('body', b''))!r}" for one in documents)


def refusals_about_mona(interactions: Interactions) -> list[str]:
    utf_8 = '{"called": "٠٥٠ ١٢٣ ٤٥٦٧", "by": "منى العلي"'.encode()
    return [
        interactions.refuse(
            FAILED, event=event("purchase.completed", "receipt-77", purchase_id="receipt-77")
        ),
        interactions.refuse(UNREADABLE, body=b'{"caf\xe9": "MONA@example.com"'),
        interactions.refuse(UNREADABLE, body=utf_8),
        interactions.refuse(UNREADABLE, body="منى العلي".encode("cp1256")),
        interactions.refuse(UNREADABLE, body=b"", headers={"x-customer": "Mona Ali"}),
        interactions.refuse(
            Problem("invalid", "data.mona@example.com", "050 123 4567 is no name"), body=b'{"a": 1}'
        ),
        interactions.refuse(UNREADABLE, body=base64.b64encode(b'{"email": "mona@example.com"}')),
        interactions.refuse(FAILED, body=b'{"system": "pos", "id": "m-0050"}', service="loyalty"),
        interactions.refuse(
            FAILED, body=encode({"data": {"customer_id": "mona", "x": "y"}}), service="loyalty"
        ),
    ]


def test_nothing_personal_is_left_in_any_collection(interactions: Interactions, database: Database) -> None:
    interactions.record(*life_of_mona())
    refusals_about_mona(interactions)
    whole = everything_in(database)
    missing = [one for one in PERSONAL if one not in whole and one not in ("منى", "٥٠١٢٣", "50123")]
    assert missing == [], "the test would not notice these"
    interactions.erased |= {"mona"}

    assert interactions.quarantine(forget("mona", **TRACES)) == []

    # The id that Wafa gave is no personal data once nobody knows whose it was; here it happens to be a name.
    left = everything_in(database).replace("'mona'", "''")
    assert [one for one in PERSONAL if one in left or one in left.encode().decode("unicode_escape")] == []
    [confirmed] = interactions.told("customer.change_applied.v1")
    assert confirmed["data"] == {"change_id": "erasure", "service": "interactions"}


def test_figures_and_words_of_the_vocabulary_stay(interactions: Interactions) -> None:
    interactions.record(*life_of_mona())
    before = queries.totals(interactions.store)
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))

    assert queries.totals(interactions.store) == before
    shown = queries.timeline(interactions.store, "mona", None, 50)["interactions"]
    kept = {one["type"]: one["data"] for one in shown}
    assert kept["purchase.completed.v1"]["lines"][0]["sku"] == "tea"
    assert kept["contact.logged.v1"] == {"kind": "call", "direction": "inbound", "purpose": "service"}
    assert kept["feedback.given.v1"] == {"kind": "csat", "score": 4}
    assert {one["redacted"] for one in shown} == {True}


def test_others_keep_everything(interactions: Interactions, database: Database) -> None:
    others = [purchase("p1", who="omar"), complaint("opened", "c9", 9, about="c9", who="omar", text="cold")]
    interactions.record(*others)
    ids = [
        interactions.refuse(FAILED, event=others[0]),
        interactions.refuse(UNREADABLE, body=b"omar@example.com"),
    ]
    before = everything_in(database)
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))

    assert all(line in everything_in(database).splitlines() for line in before.splitlines())
    assert all("body" in interactions.store.rejected_entry(id) for id in ids)


def test_every_refusal_that_mentions_the_person_is_redacted_and_says_so_when_it_is_replayed(
    interactions: Interactions,
) -> None:
    ids = refusals_about_mona(interactions)
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))
    interactions.published.clear()

    for id in ids:
        entry = interactions.store.rejected_entry(id)
        assert set(entry) == {
            "_id", "reason", "service", "size", "sha256", "received_at", "status", "times", "redacted",
        }  # fmt: skip
        assert interactions.replay(id)["error"]["reason"] == "redacted"
        assert interactions.replay(id, purchase())["error"]["reason"] == "redacted"
        assert queries.rejected_entry(interactions.store, id)["body"] == ""
    assert interactions.published == []


def test_aliases_are_forgotten_with_the_person(interactions: Interactions, database: Database) -> None:
    interactions.record(
        purchase("p1", who="mona"), purchase("p2", who="m.ali"), repointed("merged", "m.ali", "mona", 2)
    )
    interactions.erased |= {"mona", "m.ali"}
    interactions.quarantine(forget("mona", "m.ali", **TRACES))

    shown = queries.timeline(interactions.store, "m.ali", None, 9)["interactions"]
    assert [(one["data"], "event_id" in one) for one in shown] == [
        ({"total": {"amount": "29.33", "currency": "KWD"}}, False)
    ] * 2


def test_to_forget_twice_is_to_forget_once(interactions: Interactions, database: Database) -> None:
    interactions.record(*life_of_mona())
    refusals_about_mona(interactions)
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))
    before = everything_in(database)
    interactions.quarantine(forget("mona", **TRACES), forget("mona", **TRACES))

    assert everything_in(database) == before
    first, again = interactions.told("customer.change_applied.v1")
    assert first == again


def test_a_search_that_was_interrupted_goes_on_where_it_was(
    interactions: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.interactions.forgetting.NOTED_EVERY", 5)
    ids = sorted(interactions.refuse(UNREADABLE, body=f"mona@example.com {n}".encode()) for n in range(30))
    interactions.erased |= {"mona"}
    redact, calls = interactions.store.redact_entries, []

    def dies_the_third_time(found) -> None:
        calls.append(list(found))
        if len(calls) == 3:
            raise ConnectionError
        redact(calls[-1])

    with monkeypatch.context() as patched:
        patched.setattr(interactions.store, "redact_entries", dies_the_third_time)
        with pytest.raises(ConnectionError):
            interactions.quarantine(forget("mona", **TRACES))
    assert interactions.told("customer.change_applied.v1") == []
    assert interactions.store.searched_up_to("erasure") == ids[9]

    interactions.quarantine(forget("mona", **TRACES))
    assert all(interactions.store.rejected_entry(id).get("redacted") for id in ids)
    assert interactions.store.searched_up_to("erasure") is None


def test_an_event_in_flight_during_the_erasure_leaves_nothing(
    interactions: Interactions, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resolved before, inserted after: whoever inserts looks for the mark."""
    resolve = interactions.resolve

    def resolved_and_then_erased(references: list) -> list:
        answers = resolve(references)
        interactions.erased |= {"mona"}
        interactions.quarantine(forget("mona", **TRACES))
        return answers

    monkeypatch.setattr(interactions, "resolve", resolved_and_then_erased)
    interactions.record(*life_of_mona(), purchase("p2", who="omar"))

    left = everything_in(database).replace("'mona'", "''")
    assert [one for one in PERSONAL if one in left] == []
    assert [one["data"]["customer_id"] for one in interactions.told("interaction.recorded.v1")] == ["omar"]


def test_a_case_that_somebody_else_tells_more_of_brings_no_words_back(interactions: Interactions) -> None:
    interactions.record(complaint("opened", "c1", 9, who="mona", category="Mona's coffee"))
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))
    interactions.record(complaint("reopened", "c2", 5, who="omar"))

    [case] = queries.card(interactions.store, "mona", NOW)["open_cases"]
    assert (case["category"], case["version"]) == ("", 2)


def test_the_same_event_again_after_the_erasure_is_told_to_nobody(interactions: Interactions) -> None:
    interactions.record(purchase("p1"))
    interactions.erased |= {"mona"}
    interactions.quarantine(forget("mona", **TRACES))
    interactions.published.clear()

    assert interactions.record(purchase("p1")) == []
    assert interactions.published == []
    [other] = interactions.record(purchase("p1", amount="1.000"))
    assert other.problem.reason == "conflict"


def test_what_is_refused_because_somebody_was_erased_is_kept_without_its_content(
    interactions: Interactions,
) -> None:
    id = interactions.refuse(Problem("customer_erased", "data.customer", "was erased"), event=purchase())

    entry = interactions.store.rejected_entry(id)
    assert entry["redacted"]
    assert not {"body", "headers", "event_id"} & set(entry)
    assert queries.rejected(interactions.store, "open", "customer_erased", 9)["open"] == {
        "customer_erased": 1
    }
    [told] = interactions.told("event.rejected.v1")
    assert told["data"]["reason"] == "customer_erased"


@pytest.mark.parametrize(
    "customer",
    [
        {"email": "mona@example.com"},
        {"email": 5, "phone": "+966501234567"},
        {"external_ids": [{"system": "pos", "id": "m-0050"}, 7]},
        {"external_ids": [{"system": "pos", "id": 50}]},
        {"id": "mona"},
    ],
)
def test_a_later_refusal_about_somebody_who_was_erased_loses_its_content(
    interactions: Interactions, customer: dict
) -> None:
    interactions.erased |= {"mona", "m-0050", "501234567", "'50'"}
    refused = purchase()
    refused["data"]["customer"] = customer
    id = interactions.refuse(FAILED, event=refused)

    assert "body" not in interactions.store.rejected_entry(id)
    assert "event_id" not in interactions.told("event.rejected.v1")[0]["data"]


def test_a_refusal_of_what_wafa_published_about_somebody_erased_loses_its_content_too(
    interactions: Interactions,
) -> None:
    interactions.erased |= {"mona"}
    snapshot = make_event("customer.updated.v1", source="/x", id="1", time=NOW, data={"customer_id": "mona"})
    id = interactions.refuse(FAILED, event=snapshot)
    assert "body" not in interactions.store.rejected_entry(id)


def test_while_customers_is_away_refusals_wait(
    interactions: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(references: list) -> list:
        raise RemoteUnavailable("customers.erased: no answer in time")

    monkeypatch.setattr(interactions, "means_erased", away)
    with pytest.raises(RemoteUnavailable):
        interactions.refuse(FAILED, event=purchase())


def test_an_erasure_waits_until_customers_would_recognise_the_person_but_not_for_ever(
    interactions: Interactions,
) -> None:
    interactions.erased |= {"mona"}
    with pytest.raises(Transient):
        interactions.quarantine(forget("mona", time=NOW, **TRACES))
    assert interactions.published == []
    interactions.erased |= {"m.ali@example.com", "+966501234567", "m-0050"}
    interactions.quarantine(forget("mona", time=NOW, **TRACES))
    assert len(interactions.told("customer.change_applied.v1")) == 1

    interactions.erased.clear()
    interactions.published.clear()
    interactions.now = NOW + PATIENCE
    interactions.quarantine(forget("mona", time=NOW, **TRACES))
    assert len(interactions.told("customer.change_applied.v1")) == 1


def test_a_refusal_and_its_forgetting_in_one_batch(interactions: Interactions) -> None:
    """Refused first, whatever their order: it must be there to be found."""
    interactions.erased |= {"nobody else"}
    later = NOW + timedelta(hours=1)
    interactions.now = later
    id = interactions.refuse(UNREADABLE, body=b"nothing")
    entry = make_event(
        "wafa.quarantined.v1", source="/wafa/x", id="1", time=NOW, data=_rejection("mona@example.com")
    )
    handlers.take_in("wafa.quarantine", [forget("mona", **TRACES), entry], interactions.means)

    assert interactions.store.rejected_entry("r-1")["redacted"]
    assert "body" in interactions.store.rejected_entry(id)


def _rejection(body: str) -> dict:
    return {
        "rejection_id": "r-1",
        "reason": "unreadable",
        "path": "",
        "message": "",
        "service": "interactions",
        "received_at": "2026-03-03T08:00:00Z",
        "routing_key": "x",
        "content_type": "x",
        "headers": {},
        "attempts": [],
        "size": len(body),
        "sha256": "0",
        "body_base64": base64.b64encode(body.encode()).decode(),
    }


@pytest.mark.parametrize("broken", [{}, {"customer_ids": "mona"}, {"traces": []}, {"change_id": {"$ne": 1}}])
def test_a_broken_request_to_forget_is_refused_and_its_content_is_not_kept(
    interactions: Interactions, broken: dict
) -> None:
    request = forget("mona", **TRACES)
    request["data"] = {**request["data"], **broken} if broken else {}
    [refusal] = interactions.quarantine(request)

    id = interactions.refuse(refusal.problem, event=request)
    assert interactions.store.rejected_entry(id)["redacted"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"change_id": "x" * 201},
        {"change_id": 7},
        {"customer_ids": ["mona"] * 10_001},
        {"customer_ids": [{"$ne": None}]},
        {"traces": {"emails": [], "phones": ["\u1369"], "external_ids": [], "names": []}},
        {"traces": None},
    ],
    ids=lambda nonsense: next(iter(nonsense)),
)
def test_a_request_to_forget_that_makes_no_sense_does_not_hold_up_the_quarantine(
    interactions: Interactions, nonsense: dict
) -> None:
    request = forget("mona")
    request["data"] |= nonsense

    [refused] = interactions.quarantine(request)

    assert (refused.problem.reason, refused.problem.path) == ("invalid", "data")


def test_a_request_to_forget_from_the_future_is_not_waited_for(interactions: Interactions) -> None:
    interactions.quarantine(forget("mona", time=NOW + 2 * PATIENCE))

    assert interactions.told("customer.change_applied.v1")

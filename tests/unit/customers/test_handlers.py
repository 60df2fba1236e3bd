"""What the service does with references and events, one or many at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from services.customers import handlers, queries
from services.customers.domain.customer import Customer
from wafa.contracts.envelope import make_event
from wafa.runtime.errors import InvalidArgument

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def reference(hour: int = 0, *, account: str | None = None, **customer) -> dict:
    time = (NOW + timedelta(hours=hour)).isoformat()
    return {"customer": customer, "time": time, **({"account": account} if account else {})}


def event(type: str, id: str, hour: int = 0, *, customer: dict, **data) -> dict:
    time = NOW + timedelta(hours=hour)
    return make_event(type, source="/crm", id=id, time=time, data={"customer": customer, **data})


def consent(id: str, hour: int, status: str) -> dict:
    about = {"channel": "email", "purpose": "marketing", "status": status}
    return event("consent.changed.v1", id, hour, customer={"email": "layla@example.com"}, **about)


def resolve(store, broker, *references) -> list[dict]:
    return handlers.resolve(references, store, broker.publish, NOW)


def take_in(store, broker, *events):
    return handlers.take_in(events, store, broker.publish, NOW)


def test_a_batch_is_answered_in_order_and_the_bad_ones_do_not_touch_the_others(store, broker):
    good, phone, nobody, unknown, same, timeless = resolve(
        store,
        broker,
        reference(email="Layla@Example.com"),
        reference(phone="050 123 4567"),
        reference(name="Layla"),
        reference(id="no-such"),
        reference(email="layla@example.com", name="Layla"),
        {"customer": {"email": "layla@example.com"}, "time": "yesterday"},
    )
    assert good == same
    assert store.customers.keys() == {good["customer_id"]}
    assert (phone["reason"], phone["path"]) == ("invalid_identifier", "data.customer.phone")
    assert "add `country`" in phone["message"]
    assert (nobody["reason"], nobody["path"]) == ("no_identifier", "data.customer")
    assert (unknown["reason"], unknown["path"]) == ("unknown_customer", "data.customer.id")
    assert timeless["path"] == "time"


ANYBODY = {"$ne": ""}


@pytest.mark.parametrize(
    ("malformed", "path"),
    [
        ({"customer": {"id": ANYBODY}}, "data.customer.id"),
        ({"customer": {"email": ANYBODY}}, "data.customer.email"),
        ({"customer": {"email": "l@x.com", "name": 5}}, "data.customer.name"),
        (
            {"customer": {"external_ids": [{"system": "shop", "id": ANYBODY}]}},
            "data.customer.external_ids[0].id",
        ),
        ({"customer": {"external_ids": ANYBODY}}, "data.customer.external_ids"),
        ({"customer": {"external_ids": [{}]}}, "data.customer.external_ids[0]"),
        ({"customer": {"phone": "0501234567", "country": []}}, "data.customer.country"),
        ({"customer": ["l@x.com"]}, "data.customer"),
        ({"time": 7}, "time"),
        ({"event": ANYBODY}, "event"),
        ({"account": 1}, "account"),
    ],
)
def test_a_reference_of_another_shape_is_answered_for_itself_and_never_reaches_the_database(
    store, broker, malformed, path
):
    good, bad = resolve(store, broker, reference(email="l@x.com"), reference(email="l@x.com") | malformed)
    assert good.keys() == {"customer_id"}
    assert (bad["reason"], bad["path"]) == ("invalid", path)
    assert bad["message"].startswith(("Expected ", "Object missing"))


@pytest.mark.parametrize("nothing", [None, 5, "", {}, {"time": "2026-03-01T12:00:00Z"}])
def test_what_is_no_reference_at_all_is_said_to_be_none(store, broker, nothing):
    [answer] = resolve(store, broker, nothing)
    assert (answer["reason"], answer["path"]) == ("invalid", "")


@pytest.mark.parametrize("references", [None, {"customer": {}}, "layla"])
def test_references_that_are_no_list_are_an_error_of_the_caller(store, broker, references):
    with pytest.raises(InvalidArgument, match="references must be an array"):
        handlers.resolve(references, store, broker.publish, NOW)


def test_an_empty_batch_costs_nothing(store, broker):
    assert resolve(store, broker) == []
    assert take_in(store, broker) == []
    assert store.writes == 0


def test_a_new_customer_is_announced_with_what_the_references_told(store, broker):
    hints = {"name": "Layla", "locale": "ar", "country": "SA", "timezone": "Asia/Riyadh"}
    (answer,) = resolve(
        store, broker, reference(email="l@x.com", phone="0501234567", account="acme", **hints)
    )
    (created,) = broker.events
    assert created["type"] == "customer.created.v1"
    assert created["source"] == "/wafa/customers"
    assert created["data"] == {
        "customer_id": answer["customer_id"],
        "version": 1,
        **hints,
        "emails": ["l@x.com"],
        "phones": ["+966501234567"],
        "external_ids": [],
        "consents": [],
        "account": "acme",
    }


def test_hints_that_tell_nothing_new_are_not_written(store, broker):
    resolve(store, broker, reference(0, email="l@x.com", name="Layla"))
    resolve(store, broker, reference(1, email="l@x.com", name="Layla"))
    assert store.writes == 1
    assert len(broker.events) == 1


def test_somebody_who_names_an_address_of_a_relative_every_time_is_not_written_every_time(store, broker):
    def purchase_of(id: str, hour: int) -> dict:
        ids = [{"system": "shop", "id": id}]
        return reference(hour, external_ids=ids, email="family@x.com", name=f"Name of {id}")

    resolve(store, broker, purchase_of("mother", 0), purchase_of("father", 0))
    resolve(store, broker, purchase_of("mother", 1), purchase_of("father", 1))
    assert store.writes == 1
    assert [event["data"]["emails"] for event in broker.events] == [["family@x.com"], []]


def test_hints_follow_the_time_of_their_event_not_of_their_arrival(store, broker):
    resolve(store, broker, reference(5, email="l@x.com", name="Layla Haddad"))
    resolve(store, broker, reference(1, email="l@x.com", name="Layla"))
    assert broker.events[-1]["data"]["name"] == "Layla Haddad"
    resolve(store, broker, reference(6, email="l@x.com", name="Layla H."))
    assert broker.events[-1]["type"] == "customer.updated.v1"
    assert broker.events[-1]["data"]["name"] == "Layla H."


def test_an_address_that_is_used_again_becomes_the_preferred_one(store, broker):
    ids = [{"system": "shop", "id": "17"}]
    for hour, address in enumerate(["old@x.com", "new@x.com", "old@x.com"]):
        resolve(store, broker, reference(hour, external_ids=ids, email=address))
    assert [event["data"]["emails"] for event in broker.events] == [
        ["old@x.com"],
        ["new@x.com", "old@x.com"],
        ["old@x.com", "new@x.com"],
    ]


def test_registration_and_consent_come_in_through_events(store, broker):
    customer = {"email": "layla@example.com", "name": "Layla"}
    refused = take_in(
        store,
        broker,
        event("customer.registered.v1", "1", customer=customer, account="acme"),
        consent("2", 1, "granted"),
    )
    assert refused == []
    (created,) = broker.events
    assert created["data"]["account"] == "acme"
    (granted,) = created["data"]["consents"]
    assert granted == {
        "channel": "email",
        "purpose": "marketing",
        "status": "granted",
        "at": "2026-03-01T13:00:00Z",
    }


def test_consent_events_in_the_wrong_order_leave_the_last_word(store, broker):
    take_in(store, broker, consent("2", 2, "withdrawn"))
    take_in(store, broker, consent("1", 1, "granted"))
    take_in(store, broker, consent("2", 2, "withdrawn"))
    assert [event["data"]["version"] for event in broker.events] == [1]
    assert broker.events[-1]["data"]["consents"][0]["status"] == "withdrawn"


def test_an_event_remembers_that_a_name_was_confirmed_so_that_a_late_one_cannot_win(store, broker):
    for id, hour, name in (("1", 1, "Layla"), ("3", 5, "Layla"), ("2", 3, "Lyla")):
        customer = {"email": "l@x.com", "name": name}
        take_in(store, broker, event("customer.profile_changed.v1", id, hour, customer=customer))
    assert broker.events[-1]["data"]["name"] == "Layla"


def test_events_that_cannot_be_taken_in_are_refused_one_by_one(store, broker):
    good = consent("1", 0, "granted")
    lost = event("customer.profile_changed.v1", "2", customer={"id": "no-such", "name": "X"})
    broken = event("customer.registered.v1", "3", customer={"phone": "12"})
    strange = event("customer.sneezed.v1", "4", customer={"email": "a@x.com"})
    refused = take_in(store, broker, lost, good, broken, strange)
    assert [(one.event["id"], one.problem.reason, one.problem.path) for one in refused] == [
        ("2", "unknown_customer", "data.customer.id"),
        ("3", "invalid_identifier", "data.customer.phone"),
        ("4", "unknown_type", "type"),
    ]
    assert len(store.customers) == 1


@pytest.fixture
def known(store):
    layla = Customer("layla", 1, ("ext:shop:17", "email:layla@example.com"))
    alias = Customer("alias", 2, ("phone:+966501234567",), merged_into="layla")
    gone = Customer("gone", 3, erased=True)
    store.customers = {one.customer_id: one for one in (layla, alias, gone)}
    return store


@pytest.mark.parametrize(
    "by",
    [
        {"email": " Layla@EXAMPLE.com"},
        {"system": "shop", "id": "17"},
        {"phone": "٠٥٠١٢٣٤٥٦٧", "country": "SA"},
    ],
)
def test_a_customer_is_found_by_any_identifier_also_through_an_alias(known, by):
    assert queries.lookup(known, **by)["customer_id"] == "layla"


def test_queries_answer_for_aliases_the_erased_and_the_unknown(known):
    assert queries.get(known, "alias")["customer_id"] == "layla"
    assert queries.get(known, "gone") == {"customer_id": "gone", "erased": True}
    assert queries.get(known, "no-such") is None
    assert queries.lookup(known, email="nobody@example.com") is None


@pytest.mark.parametrize(
    ("by", "path"), [({"phone": "12"}, "phone"), ({"email": "x"}, "email"), ({"system": "shop"}, "")]
)
def test_a_lookup_by_what_is_no_identifier_says_so(known, by, path):
    assert queries.lookup(known, **by)["error"]["path"] == path


@pytest.mark.parametrize("name", ["email", "phone", "country", "system", "id"])
def test_an_object_in_the_place_of_a_text_never_becomes_an_operator(known, name):
    with pytest.raises(InvalidArgument, match=f"{name} must be a string, not an object"):
        queries.lookup(known, **{"system": "shop", "id": "17"} | {name: ANYBODY})
    with pytest.raises(InvalidArgument, match="customer_id must be a string"):
        queries.get(known, ANYBODY)


def test_another_content_under_the_same_identity_is_a_conflict_and_the_first_stands(store, broker):
    first, other = consent("c1", 0, "granted"), consent("c1", 0, "withdrawn")
    assert take_in(store, broker, first) == []

    [refusal] = take_in(store, broker, other, first)

    assert (refusal.event, refusal.problem.reason) == (other, "conflict")
    [customer] = store.customers.values()
    assert [one.status for one in customer.profile.consents.values()] == ["granted"]


def test_an_event_that_was_refused_may_come_again_corrected(store, broker):
    wrong = event("customer.registered.v1", "r1", customer={"phone": "1"})
    [refusal] = take_in(store, broker, wrong)
    assert refusal.problem.reason == "invalid_identifier"

    assert (
        take_in(store, broker, event("customer.registered.v1", "r1", customer={"phone": "+966501234567"}))
        == []
    )


def test_what_becomes_of_somebody_belongs_to_the_trace_of_what_was_said(store, broker):
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = {"event": "key", "traceparent": traceparent}
    resolve(store, broker, reference(email="layla@example.com") | traced, reference(email="omar@example.com"))
    layla, omar = sorted(broker.events, key=lambda one: one["data"]["emails"])
    assert layla["traceparent"] == traceparent
    assert "traceparent" not in omar

    said = event("customer.profile_changed.v1", "1", 1, customer={"email": "omar@example.com", "name": "O"})
    assert take_in(store, broker, said | {"traceparent": traceparent}) == []
    assert broker.events[-1]["traceparent"] == traceparent

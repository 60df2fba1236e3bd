"""What is late about somebody who was erased has no effect; whoever comes back is somebody new."""

from datetime import UTC, datetime, timedelta

import pytest

from services.customers import settling
from services.customers.domain.erasure import sift
from services.customers.domain.identity import Refused
from services.customers.domain.profile import Said, Statement

ERASED = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = ERASED - timedelta(days=1), ERASED + timedelta(days=1)
GONE = {"email:a@x": ERASED}


def test_what_was_said_before_the_erasure_by_an_erased_address_is_refused():
    for at in (BEFORE, ERASED):
        refused = sift(("email:a@x",), at, set(), GONE)
        assert isinstance(refused, Refused)
        assert refused.reason == "customer_erased"
        assert "a@x" not in refused.message


def test_a_new_id_beside_an_erased_address_is_the_erased_person_as_well():
    assert isinstance(sift(("ext:shop:9", "email:a@x"), BEFORE, set(), GONE), Refused)


def test_what_is_said_after_it_is_about_somebody_who_came_back():
    assert sift(("email:a@x",), AFTER, set(), GONE) == ("email:a@x",)


@pytest.mark.parametrize("who", ["ext:shop:father", "id:father"])
def test_a_relative_is_not_refused_and_does_not_get_the_erased_address(who):
    assert sift((who, "email:a@x"), BEFORE, {"ext:shop:father"}, GONE) == (who,)


def told(*keys: str, at: datetime, **fields: str) -> Statement:
    return Statement(keys, {name: Said(at, f"event {at}", value) for name, value in fields.items()}, at=at)


def settle(store, broker, *statements):
    return settling.settle(statements, store, broker.publish, AFTER, exact=True)


def test_a_late_event_brings_nobody_back_and_a_later_one_is_somebody_new(store, broker):
    store.remember_erased(["email:a@x", "phone:1"], ERASED)
    late, late_with_more, back = settle(
        store,
        broker,
        told("email:a@x", at=BEFORE, name="Layla"),
        told("ext:shop:1", "phone:1", at=BEFORE),
        told("email:a@x", at=AFTER, name="L."),
    )
    assert isinstance(late, Refused)
    assert isinstance(late_with_more, Refused)
    [customer] = store.customers.values()
    assert (customer.customer_id, customer.identifiers) == (back, ("email:a@x",))
    assert customer.known.fields["name"].value == "L."


def test_a_late_event_is_not_about_whoever_came_back_with_the_same_address(store, broker):
    store.remember_erased(["email:a@x"], ERASED)
    [back] = settle(store, broker, told("email:a@x", at=AFTER))
    late, again = settle(
        store, broker, told("email:a@x", at=BEFORE, name="Layla"), told("email:a@x", at=AFTER)
    )
    assert isinstance(late, Refused)
    assert again == back
    assert "name" not in store.customers[back].known.fields


def test_a_late_event_of_a_relative_is_theirs_without_the_shared_address(store, broker):
    store.remember_erased(["email:family@x"], ERASED)
    [father] = settle(store, broker, told("ext:shop:1", at=BEFORE))
    [again] = settle(
        store, broker, told("ext:shop:1", "email:family@x", at=BEFORE, name="Omar", email="family@x")
    )
    assert again == father
    assert store.customers[father].identifiers == ("ext:shop:1",)
    assert store.customers[father].known.fields.keys() == {"name"}

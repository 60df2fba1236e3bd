"""What stays of an interaction of somebody who was erased."""

import json

import pytest

from services.interactions.domain.people import root
from services.interactions.domain.redaction import ALLOWED, without_person
from services.interactions.handlers import RECORDED
from wafa.contracts.catalogue import INBOUND

MONEY = {"amount": "9.50", "currency": "SAR"}


def test_every_type_that_is_recorded_says_what_may_stay() -> None:
    assert set(ALLOWED) == RECORDED


@pytest.mark.parametrize("kind", sorted(RECORDED))
def test_nothing_may_stay_that_the_contract_does_not_have(kind: str) -> None:
    assert set(ALLOWED[kind]) <= {field.data_key or name for name, field in INBOUND[kind]().fields.items()}


def test_of_a_purchase_the_goods_and_the_money_stay() -> None:
    line = {"sku": "tea", "category": "drinks", "quantity": 2, "unit_price": MONEY}
    data = {
        "purchase_id": "m-1",
        "total": {**MONEY, "payer": "Mona"},
        "lines": [{**line, "name": "for Mona"}],
    }
    assert without_person("purchase.completed.v1", {**data, "note": "Mona"}) == {
        "total": MONEY,
        "lines": [line],
    }


def test_free_text_agents_and_ids_go() -> None:
    said = {
        "summary": "Mona called",
        "agent": "a7",
        "kind": "call",
        "direction": "inbound",
        "purpose": "sales",
    }
    assert without_person("contact.logged.v1", said) == {
        "kind": "call",
        "direction": "inbound",
        "purpose": "sales",
    }
    complaint = {
        "complaint_id": "c",
        "category": "Mona",
        "severity": "high",
        "text": "Mona",
        "resolution": "Mona",
    }
    assert without_person("complaint.opened.v1", complaint) == {"severity": "high"}


def test_a_text_in_the_place_of_an_object_goes() -> None:
    data = {"total": "Mona", "lines": ["Mona", {"sku": {"of": "Mona"}, "unit_price": "Mona"}]}
    assert "Mona" not in json.dumps(without_person("purchase.completed.v1", data))


def test_of_a_type_that_nobody_knows_nothing_stays() -> None:
    assert without_person("letter.sent.v1", {"kind": "Mona"}) == {}


def test_a_chain_of_merges_ends_somewhere_even_if_it_is_a_ring() -> None:
    assert root("a", {"a": "b", "b": "c"}) == "c"
    assert {root(one, {"a": "b", "b": "c", "c": "b"}) for one in "abc"} == {"b"}

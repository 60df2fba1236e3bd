"""The documents that are checked in say what the code does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from wafa.contracts import asyncapi, export
from wafa.contracts.catalogue import ALL, INBOUND, OUTBOUND
from wafa.contracts.examples import example
from wafa.contracts.jsonschema import json_schema
from wafa.contracts.rejection import REASONS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documents_in_the_repository_are_current() -> None:
    assert export.stale(DOCS) == [], "run `wafa contracts`"


def test_a_document_that_is_missing_changed_or_left_over_is_stale_until_written_anew(tmp_path: Path) -> None:
    export.write_all(tmp_path)
    missing = tmp_path / "events.md"
    changed = tmp_path / "asyncapi.yaml"
    left_over = tmp_path / "schemas" / "purchase.forgotten.v1.json"
    missing.unlink()
    changed.write_text("asyncapi: 2.0.0", "utf-8")
    left_over.write_text("{}", "utf-8")
    assert set(export.stale(tmp_path)) == {missing, changed, left_over}
    assert set(export.write_all(tmp_path)) == {missing, changed, left_over}
    assert export.stale(tmp_path) == []


@pytest.mark.parametrize("event_type", ALL)
def test_each_json_schema_stands_alone_and_accepts_its_example(event_type: str) -> None:
    schema = json_schema(event_type)
    jsonschema_rs.meta.validate(schema)
    assert all(reference.startswith("#/$defs/") for reference in references(schema))
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert validator.is_valid(example(event_type))
    assert not validator.is_valid(example(event_type) | {"data": {}})


def test_a_json_schema_says_how_many_decimals_a_currency_has() -> None:
    event = example("purchase.returned.v1")
    validator = jsonschema_rs.Draft202012Validator(json_schema("purchase.returned.v1"))
    for amount, currency, fits in (
        ("1500", "JPY", True),
        ("1500.0", "JPY", False),
        ("12.500", "KWD", True),
        ("12.5001", "KWD", False),
        ("9.99", "SAR", True),
        ("9.999", "SAR", False),
    ):
        event["data"]["total"] = {"amount": amount, "currency": currency}
        assert validator.is_valid(event) is fits, (amount, currency)


def test_the_asyncapi_document_is_read_back_as_it_was_built() -> None:
    assert yaml.safe_load(asyncapi.text()) == asyncapi.document()


def test_wafa_receives_every_inbound_type_and_sends_every_outbound_type() -> None:
    operations = asyncapi.document()["operations"].values()
    by_action = {"receive": set(), "send": set()}
    for operation in operations:
        by_action[operation["action"]] |= set(operation["bindings"]["amqp"]["cc"])
    assert by_action == {"receive": set(INBOUND), "send": set(OUTBOUND)}


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi.document()
    for reference in references(document):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_the_guide_has_a_section_for_every_type_and_a_meaning_for_every_reason() -> None:
    lines = (DOCS / "events.md").read_text("utf-8").splitlines()
    assert {f"### {event_type}" for event_type in ALL} <= set(lines)
    assert all(any(line.startswith(f"| `{reason}` |") for line in lines) for reason in REASONS)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)

"""The examples are what the documentation promises."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import wafa.contracts
from wafa.contracts.catalogue import ALL, DESCRIPTIONS, INBOUND, OUTBOUND
from wafa.contracts.envelope import STRUCTURED, decode, encode
from wafa.contracts.examples import example
from wafa.contracts.validation import check, faults

NOW = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("event_type", ALL)
def test_every_example_is_accepted_by_both_paths(event_type: str) -> None:
    event = example(event_type)
    assert check(event, NOW) is None
    assert list(faults(event)) == []


@pytest.mark.parametrize("event_type", ALL)
def test_every_example_survives_the_wire(event_type: str) -> None:
    event = example(event_type)
    assert decode(encode(event), STRUCTURED) == [event]


def test_every_type_has_an_example_of_its_own_name_and_no_example_is_left_over() -> None:
    folder = Path(wafa.contracts.__file__).parent / "examples"
    assert {path.stem for path in folder.iterdir()} == set(ALL)
    assert all(example(event_type)["type"] == event_type for event_type in ALL)


def test_every_type_is_described_and_goes_one_way_only() -> None:
    assert all(DESCRIPTIONS[event_type].endswith(".") for event_type in ALL)
    assert not set(INBOUND) & set(OUTBOUND)

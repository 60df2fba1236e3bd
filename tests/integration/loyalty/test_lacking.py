"""Who tells loyalty again asks what it lacks: neither less nor more than what would have an effect."""

import pytest

from services.loyalty import handlers
from services.loyalty.domain.program import Program
from services.loyalty.lacking import lacking
from services.loyalty.store import LoyaltyStore
from tests.unit.loyalty.people import NOW, Bus, erased, granted, merged, recorded
from wafa.contracts.envelope import Event
from wafa.runtime.errors import InvalidArgument


def bought(who: str, key: str, currency: str = "USD") -> Event:
    event = recorded(who, "purchase.completed.v1", key, NOW.replace(day=1), key, 60_00)
    event["data"]["data"]["total"]["currency"] = currency
    return event


def test_lacking_is_what_has_no_row_in_the_ledger(store: LoyaltyStore, program: Program) -> None:
    there, new = [bought("a", "1"), granted("b", "2", NOW, "g", 5)], [bought("a", "3"), bought("c", "4")]
    handlers.take_in([*there, merged("a", "b", 1)], store, Bus(), program, NOW)

    assert lacking(store, program, [*there, *new]) == ["3", "4"]
    handlers.take_in(new, store, Bus(), program, NOW)
    assert lacking(store, program, [*there, *new]) == []


def test_what_never_has_an_effect_is_not_waited_for(store: LoyaltyStore, program: Program) -> None:
    handlers.take_in([bought("gone", "1"), erased("gone")], store, Bus(), program, NOW)
    call = recorded("a", "contact.logged.v1", "3", NOW, "3", 0)

    assert lacking(store, program, [bought("gone", "2"), call, bought("a", "4", "XAF")]) == []


def test_events_are_a_list(store: LoyaltyStore, program: Program) -> None:
    with pytest.raises(InvalidArgument, match="events must be an array"):
        lacking(store, program, {"events": []})

"""What was told of members can be told again, page by page, to the letter."""

from services.loyalty import handlers
from services.loyalty.domain.program import Program
from services.loyalty.history import history
from services.loyalty.store import LoyaltyStore
from tests.unit.loyalty.people import NOW, Bus, erased, merged, recorded


def test_the_history_is_the_last_event_of_each_member_that_there_is(
    store: LoyaltyStore, program: Program
) -> None:
    bus = Bus()
    bought = [
        recorded(who, "purchase.completed.v1", f"{who} {day}", NOW.replace(day=day), f"{who}{day}", 60_00)
        for who in ("a", "b", "c", "d", "e")
        for day in (1, 9)
    ]
    handlers.take_in(bought, store, bus, program, NOW)
    handlers.take_in([merged("a", "b", 1), erased("d")], store, bus, program, NOW)

    told, after = [], None
    while True:
        page = history(store, after, 2)
        told += page["events"]
        after = page["next"]
        if after is None:
            break

    last = {event["subject"]: event for event in bus if event["type"] == "loyalty.member_updated.v1"}
    assert told == [last[who] for who in ("b", "c", "e")]

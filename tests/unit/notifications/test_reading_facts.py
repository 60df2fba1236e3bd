"""What events say of purchases, complaints, loyalty and the profile, as facts of the audience."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import ValidationError

from services.notifications.audience.reading import CATEGORIES, FACTS
from services.notifications.domain.facts import Amount, ExpiringPoints, Heard, NextTier, Purchase
from tests.unit.notifications.builders import NOON, complained, created, member_updated, recorded
from wafa.contracts.examples import example


def facts(event):
    return FACTS[event["type"]](event)[1]


def bought(id="e-1", /, **data):
    return facts(recorded("sara", "purchase.completed.v1", id=id, **data))[1]


def lines(*categories):
    return [{"sku": "s", "quantity": 1} | ({"category": one} if one else {}) for one in categories]


def test_a_purchase_is_known_by_its_source_and_number_whichever_event_tells_of_it():
    total = {"amount": "12.500", "currency": "KWD"}
    one = bought("e-1", purchase_id="P-1", total=total, lines=lines("tea", None, "beans", "tea"))
    again = bought("e-2", purchase_id="P-1", total=total)
    assert one == Purchase(one.id, NOON, ("beans", "tea"), 12_500, "KWD")
    assert again.id == one.id
    assert bought(purchase_id="P-2").id != one.id


def test_a_purchase_without_lines_and_total_is_one_all_the_same():
    assert bought("e-1") == Purchase("e-1", NOON)


def test_a_purchase_of_a_thousand_categories_does_not_fill_the_entry():
    found = bought(lines=lines(*(f"{number:03}" for number in range(1000))))
    assert found.categories == tuple(f"{number:03}" for number in range(CATEGORIES))


@pytest.mark.parametrize("data", [{"lines": "many"}, {"purchase_id": {"$gt": ""}}, {"total": {"amount": []}}])
def test_a_purchase_that_is_not_what_its_type_promises_is_refused(data):
    with pytest.raises(ValidationError):
        bought(**data)


def test_a_complaint_keeps_what_is_needed_to_reopen_it():
    complaint = facts(complained("sara", "resolved", id="e"))[1]
    named = (complaint.source, complaint.complaint_id, complaint.category, complaint.severity)
    assert named == ("/callcentre", "C-7", "delivery", "high")


def test_the_first_snapshot_of_a_customer_says_since_when_they_are_known():
    assert Heard(NOON) in facts(created("sara"))
    assert len(facts(created("sara", version=2))) == 1


def test_a_snapshot_is_read_with_phones_account_and_tags():
    [profile, _] = facts(created("sara", phones=["+966501234567"], account="acme", tags=["vip", "a", "vip"]))
    assert (profile.phones, profile.account) == (("+966501234567",), "acme")
    assert profile.tags == ("a", "vip")


def test_the_whole_loyalty_snapshot_is_read():
    event = member_updated("sara")
    event["data"] |= {
        "spend": {"amount": "-5.00", "currency": "USD"},
        "points_expiring": {"points": 5, "at": "2026-04-01T00:00:00Z"},
        "next_tier": {"tier": "gold", "missing": {"amount": "40.00", "currency": "USD"}},
        "recognized_at": "2026-03-01T00:00:00Z",
        "tier_held_until": "2027-03-01T00:00:00Z",
    }
    [member] = facts(event)
    assert member.spend == Amount(Decimal("-5.00"), "USD")
    assert member.points_expiring == ExpiringPoints(5, datetime(2026, 4, 1, tzinfo=UTC))
    assert member.next_tier == NextTier("gold", Amount(Decimal("40.00"), "USD"))
    assert member.recognized_at == NOON - timedelta(days=3, hours=12)
    assert (member.tier_since, member.tier_held_until) == (NOON, datetime(2027, 3, 1, tzinfo=UTC))


def test_an_older_loyalty_does_not_tell_whether_a_customer_slips_away():
    event = member_updated("sara")
    [older] = facts(event)
    event["data"] |= {"standing": "at_risk", "expected_interval_days": 35.2}
    [newer] = facts(event)
    assert (older.standing, older.expected_interval_days) == (None, None)
    assert (newer.standing, newer.expected_interval_days) == ("at_risk", 35.2)


def test_the_example_of_the_contract_is_read_to_the_last_field():
    [member] = facts(example("loyalty.member_updated.v1"))
    assert None not in (member.spend, member.qualifying_spend, member.tier_since)

"""What a segment can ask of a customer, made of everything that is known of the whole person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from services.notifications.documents import document_of, entry_of
from services.notifications.domain.audience import Brought, Entry
from services.notifications.domain.facts import (
    Amount,
    Bounced,
    ExpiringPoints,
    Feedback,
    Heard,
    Merged,
    NextTier,
    Purchase,
)
from services.notifications.domain.traits import FIELDS, Kind, level, traits_of
from tests.unit.notifications.builders import NOON, complaint, consent, entry, member, profile
from tests.unit.notifications.people import entries, learnt

DAY = timedelta(days=1)
TYPES = {
    Kind.TEXT: str,
    Kind.TEXTS: list,
    Kind.NUMBER: int | float,
    Kind.MONEY: int,
    Kind.MOMENT: datetime,
    Kind.DAY_OF_YEAR: str,
    Kind.FLAG: bool,
    Kind.PRESENCE: bool,
}


@given(entries)
def test_every_trait_is_in_the_catalogue_and_of_its_kind(customer):
    traits = traits_of(customer)
    assert traits.keys() <= FIELDS.keys() | {"purchases"}
    for name in traits.keys() - {"purchases"}:
        assert isinstance(traits[name], TYPES[FIELDS[name].kind]), name


@given(entries)
def test_traits_are_kept_with_the_entry_and_change_nothing_about_it(customer):
    document = document_of(customer)
    assert entry_of(document) == customer
    purchases = traits_of(customer).get("purchases", ())
    assert document["traits"] == {n: one for n, one in traits_of(customer).items() if n != "purchases"}
    assert [one["id"] for one in document.get("purchases", ())] == [one.id for one in purchases]


def test_loyalty_is_asked_of_the_snapshot():
    figures = replace(
        member(points=70),
        first_purchase_at=NOON - 40 * DAY,
        last_purchase_at=NOON - 10 * DAY,
        due_at=NOON + 5 * DAY,
        spend=Amount(Decimal("1500.5"), "USD"),
        qualifying_spend=Amount(Decimal("75.00"), "USD"),
        points_expiring=ExpiringPoints(30, NOON + DAY),
        next_tier=NextTier("gold", Amount(Decimal("25.000"), "KWD")),
    )
    traits = traits_of(entry(member=figures))
    expected = {
        "points": 70,
        "spend": 1_500_500,
        "next_tier": "gold",
        "next_tier_missing": 25_000,
        "next_tier_progress": 75,
        "points_expiring": 30,
        "points_expire_at": NOON + DAY,
        "mean_interval_days": 15.0,
        "anniversary": "01-23",
    }
    assert traits.items() >= expected.items()


def test_a_purchase_that_loyalty_has_not_counted_yet_counts():
    known = replace(member(), first_purchase_at=NOON - 9 * DAY, last_purchase_at=NOON - 2 * DAY)
    traits = traits_of(entry(member=known, own=learnt(Purchase("p", NOON))))
    assert (traits["first_purchase_at"], traits["last_purchase_at"]) == (NOON - 9 * DAY, NOON)
    assert traits["purchase_count"] == 2


def test_the_favourite_category_comes_first_and_counts_over_all_ids_of_the_person():
    own = learnt(Purchase("1", NOON, ("beans", "tea")), Purchase("2", NOON + DAY, ("cups",)))
    brought = learnt(Purchase("3", NOON - DAY, ("tea",)), Purchase("4", NOON + 2 * DAY, ("cups", "tea")))
    person = entry(member=None, own=own, brought=(Brought("alias", brought),))
    traits = traits_of(person)
    assert traits["categories"] == ["tea", "cups", "beans"]
    assert [one.id for one in person.told.purchases] == ["4", "2", "1", "3"]
    assert (traits["purchase_count"], traits["first_purchase_at"]) == (4, NOON - DAY)


def test_consents_are_asked_by_channel_and_purpose():
    said = (
        consent("granted", purpose="marketing"),
        consent("withdrawn", channel="sms", at=NOON + DAY),
        consent("granted", channel="sms"),
    )
    traits = traits_of(entry(profile=profile(consents=said)))
    assert (traits["consented"], traits["withdrawn"]) == (["email/marketing"], ["sms/service"])


def test_a_channel_has_bounced_until_there_is_an_address_that_has_not():
    bounced = learnt(Bounced("email", "old@x.com", NOON), Bounced("sms", "+966501234567", NOON))
    told = {"own": bounced}
    alone = entry(profile=profile(emails=("old@x.com",), phones=("+966501234567",)), **told)
    assert traits_of(alone)["bounced"] == ["email", "sms"]
    assert alone.bounced == bounced.bounced
    moved = entry(profile=profile(emails=("new@x.com", "old@x.com")), **told)
    assert "bounced" not in traits_of(moved)


@pytest.mark.parametrize(
    ("kind", "levels"),
    [
        ("csat", "low low low middle high high"),
        ("nps", "low low low low low low low middle middle high high"),
        ("ces", "low low low low middle high high high"),
    ],
)
def test_feedback_is_low_middle_or_high(kind, levels):
    found = [level(Feedback(kind, score, None, NOON, "f")) for score in range(len(levels.split()))]
    assert found == levels.split()


def test_complaints_are_asked_by_when_they_were_last_opened_and_resolved():
    told = learnt(complaint("opened"), complaint("resolved", minute=9), complaint("opened", id="2", minute=5))
    traits = traits_of(entry(own=told))
    assert traits["open_complaints"] == 1
    assert traits["last_complaint_at"] == NOON + timedelta(minutes=5)
    assert traits["last_resolved_at"] == NOON + timedelta(minutes=9)


def test_a_customer_is_known_since_the_first_that_was_heard():
    told = learnt(Heard(NOON), Heard(datetime(2020, 1, 1, tzinfo=UTC)), Heard(NOON - DAY))
    assert traits_of(entry(own=told))["registered_at"] == datetime(2020, 1, 1, tzinfo=UTC)


def test_language_is_what_the_locale_begins_with():
    assert traits_of(entry(profile=profile(locale="ar-EG")))["language"] == "ar"


def test_an_alias_and_somebody_erased_have_none():
    assert traits_of(Entry("a", merged=Merged("b", 1))) == {}
    assert traits_of(Entry("a", erased=True)) == {}
    assert "traits" not in document_of(Entry("a", erased=True))

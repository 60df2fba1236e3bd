"""The last word wins, whenever it arrives; a snapshot tells all of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.customer import Customer
from services.customers.domain.profile import Consent, Profile, Said, Statement
from services.customers.reading import statement_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARKETING = ("email", "marketing")


def says(hour: int, **fields: str) -> Statement:
    at = NOON + timedelta(hours=hour)
    return Statement((), {name: Said(at, f"event {hour}", value) for name, value in fields.items()})


def consents(hour: int, status: str, evidence: str = "") -> Statement:
    word = Consent(NOON + timedelta(hours=hour), f"event {hour}", status, evidence)
    return Statement((), consents={MARKETING: word})


def test_the_later_word_stands_even_when_the_earlier_one_arrives_after_it():
    profile = Profile().after([says(5, name="Layla Haddad")]).after([says(1, name="L. Haddad", locale="ar")])
    assert profile.fields["name"].value == "Layla Haddad"
    assert profile.fields["locale"].value == "ar"


def test_a_late_word_does_not_beat_one_that_was_confirmed_after_it():
    profile = Profile().after([says(1, name="Layla"), says(5, name="Layla"), says(3, name="Lyla")])
    assert profile.fields["name"].value == "Layla"


def test_a_withdrawn_consent_stays_withdrawn_when_the_older_grant_is_delivered_again():
    profile = Profile().after([consents(1, "granted"), consents(2, "withdrawn"), consents(1, "granted")])
    assert profile.consents[MARKETING].status == "withdrawn"


def test_two_profiles_look_alike_when_a_field_was_only_confirmed():
    profile = Profile().after([says(1, name="Layla")])
    confirmed = profile.after([says(2, name="Layla")])
    assert confirmed != profile
    assert confirmed.looks_like(profile)


@pytest.mark.parametrize("change", [says(2, name="Lyla"), says(2, locale="ar"), consents(2, "granted")])
def test_two_profiles_do_not_look_alike_when_anything_shows(change):
    profile = Profile().after([says(1, name="Layla")])
    assert not profile.after([change]).looks_like(profile)


MOMENTS = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
CAUSES = st.sampled_from("ab")
STATEMENTS = st.builds(
    Statement,
    keys=st.just(()),
    fields=st.dictionaries(
        st.sampled_from(["name", "country"]), st.builds(Said, MOMENTS, CAUSES, st.sampled_from("xy"))
    ),
    consents=st.dictionaries(
        st.just(MARKETING), st.builds(Consent, MOMENTS, CAUSES, st.sampled_from(["granted", "withdrawn"]))
    ),
)


@given(st.lists(STATEMENTS, max_size=8), st.data())
def test_neither_order_nor_repeats_nor_batches_change_a_profile(statements, data):
    expected = Profile().after(statements)
    told = data.draw(st.permutations(statements + statements[:3]))
    cut = data.draw(st.integers(0, len(told)))
    assert Profile().after(told[:cut]).after(told[cut:]) == expected


def test_a_snapshot_tells_everything_with_the_preferred_address_first():
    keys = ["ext:shop:17", "email:old@x", "email:new@x", "phone:+966501234567"]
    statement = says(1, name="Layla", country="SA", account="acme", email="new@x", phone="+966501234567")
    snapshot = Customer("c").after(keys, [statement, consents(2, "granted", "form 7")]).snapshot()
    assert snapshot == {
        "customer_id": "c",
        "version": 0,
        "name": "Layla",
        "country": "SA",
        "account": "acme",
        "emails": ["new@x", "old@x"],
        "phones": ["+966501234567"],
        "external_ids": [{"system": "shop", "id": "17"}],
        "consents": [
            {
                "channel": "email",
                "purpose": "marketing",
                "status": "granted",
                "at": NOON + timedelta(hours=2),
            }
        ],
    }


def test_whoever_speaks_last_of_tags_has_said_them_all():
    said = statement_of({"email": "layla@example.com", "tags": ["wholesale", "vip", "vip"]}, NOON, "event 1")
    assert said.fields["tags"].value == "vip wholesale"
    customer = Customer("c").after([], [said, says(2, tags="vip")])
    assert customer.snapshot()["tags"] == ["vip"]
    assert "tags" not in customer.after([], [says(3, tags="")]).snapshot()


def test_an_address_that_belongs_to_somebody_else_is_never_shown_nor_preferred():
    customer = Customer("c").after(["email:mine@x"], [says(1, email="mine@x")])
    told = customer.after([], [says(2, email="theirs@x", name="Layla")])
    assert told.snapshot()["emails"] == ["mine@x"]
    assert told.profile.fields["email"].value == "mine@x"
    assert told.profile.fields["name"].value == "Layla"

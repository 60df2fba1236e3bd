"""Which customer a reference means: the rules as stories, and what must hold whatever comes."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain import identity
from services.customers.domain.customer import Customer
from services.customers.domain.identity import MOST_HELD, Decision, Refused
from services.customers.domain.references import identity_keys, strength, system_of

NUMBERS = count()


def new_id() -> str:
    return f"new {next(NUMBERS)}"


def decide(references, known: dict[str, Customer]) -> Decision:
    return identity.decide(references, known, new_id)


def person(customer_id: str, *keys: str, **state) -> Customer:
    return Customer(customer_id, version=1, identifiers=keys, **state)


def among(*customers: Customer) -> dict[str, Customer]:
    return {one.customer_id: one for one in customers}


LAYLA = person("layla", "ext:shop:17", "email:layla@example.com")


def test_a_customer_is_recognised_by_an_id_that_another_system_gave_them():
    decision = decide([("ext:shop:17",)], among(LAYLA))
    assert decision.who == ["layla"]
    assert decision.gained == {}


def test_the_strongest_identifier_decides_when_they_point_to_different_people():
    omar = person("omar", "phone:+966501234567")
    decision = decide([("email:layla@example.com", "phone:+966501234567")], among(LAYLA, omar))
    assert decision.who == ["layla"]


def test_what_nobody_holds_yet_goes_to_the_customer_who_was_recognised():
    decision = decide([("ext:shop:17", "phone:+966501234567")], among(LAYLA))
    assert decision.gained == {"layla": ["phone:+966501234567"]}


def test_an_identifier_that_belongs_to_somebody_else_is_not_moved():
    omar = person("omar", "phone:+966501234567")
    decision = decide([("ext:shop:17", "phone:+966501234567")], among(LAYLA, omar))
    assert decision.who == ["layla"]
    assert decision.gained == {}


def test_relatives_who_share_an_address_are_told_apart_by_their_ids_in_the_same_system():
    decision = decide([("ext:shop:18", "email:layla@example.com")], among(LAYLA))
    (other,) = decision.who
    assert other != "layla"
    assert decision.gained == {other: ["ext:shop:18"]}


def test_an_id_in_a_system_that_does_not_know_the_customer_yet_is_no_contradiction():
    decision = decide([("ext:pos:9", "email:layla@example.com")], among(LAYLA))
    assert decision.who == ["layla"]
    assert decision.gained == {"layla": ["ext:pos:9"]}


def test_where_the_address_contradicts_the_telephone_number_may_still_tell_who_it_is():
    omar = person("omar", "phone:+966501234567")
    reference = ("ext:shop:18", "email:layla@example.com", "phone:+966501234567")
    decision = decide([reference], among(LAYLA, omar))
    assert decision.who == ["omar"]
    assert decision.gained == {"omar": ["ext:shop:18"]}


def test_a_customer_known_by_one_external_id_does_not_gain_one_that_contradicts_another():
    layla = person("layla", "ext:shop:17", "ext:pos:9")
    decision = decide([("ext:shop:17", "ext:pos:10", "phone:+966501234567")], among(layla))
    assert decision.who == ["layla"]
    assert decision.gained == {"layla": ["phone:+966501234567"]}


def test_a_sender_who_names_two_ids_in_one_system_says_that_they_are_one_person():
    decision = decide([("ext:shop:17", "ext:shop:18")], among(LAYLA))
    assert decision.gained == {"layla": ["ext:shop:18"]}


def test_our_own_id_links_even_what_would_contradict():
    decision = decide([("id:layla", "ext:shop:18")], among(LAYLA))
    assert decision.who == ["layla"]
    assert decision.gained == {"layla": ["ext:shop:18"]}


def test_an_unknown_id_is_refused_even_when_another_identifier_is_known():
    decision = decide([("id:nobody", "email:layla@example.com")], among(LAYLA))
    (refused,) = decision.who
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field) == ("unknown_customer", "id")


def test_the_id_of_somebody_who_was_erased_is_refused():
    decision = decide([("id:layla",)], among(replace(LAYLA, identifiers=(), erased=True)))
    (refused,) = decision.who
    assert isinstance(refused, Refused)
    assert refused.reason == "customer_erased"


def test_somebody_who_was_erased_and_comes_back_is_a_new_customer_with_a_new_id():
    decision = decide([("email:layla@example.com",)], among(person("layla", erased=True)))
    (again,) = decision.who
    assert isinstance(again, str)
    assert again != "layla"
    assert decision.gained == {again: ["email:layla@example.com"]}


def test_an_identifier_left_with_the_alias_of_somebody_erased_is_nobodys_to_take():
    alias = person("alias", "email:layla@example.com", merged_into="layla")
    known = among(alias, replace(LAYLA, identifiers=(), erased=True))
    decision = decide(
        [("email:layla@example.com",), ("email:layla@example.com", "phone:+966501234567")], known
    )
    known_address, with_another = decision.who
    assert isinstance(known_address, Refused)
    assert decision.gained == {with_another: ["phone:+966501234567"]}
    assert with_another not in known


def test_an_alias_answers_with_the_customer_who_remains_and_hands_on_what_is_new():
    alias = person("alias", "ext:pos:9", merged_into="between")
    between = person("between", merged_into="layla")
    decision = decide([("ext:pos:9", "phone:+966501234567"), ("id:alias",)], among(alias, between, LAYLA))
    assert decision.who == ["layla", "layla"]
    assert decision.gained == {"layla": ["phone:+966501234567"]}


def test_one_new_person_named_many_times_in_a_batch_is_one_customer():
    decision = decide([("email:a@x",), ("email:a@x", "phone:+1"), ("phone:+1",)], {})
    assert len(set(decision.who)) == 1


def test_two_new_people_turn_out_to_be_one_when_a_later_reference_names_both():
    decision = decide([("email:a@x",), ("phone:+1",), ("email:a@x", "phone:+1")], {})
    assert len(set(decision.who)) == 1


def test_a_later_reference_of_the_batch_can_show_that_an_earlier_one_means_a_known_customer():
    decision = decide([("phone:+1",), ("email:layla@example.com", "phone:+1")], among(LAYLA))
    assert decision.who == ["layla", "layla"]


def test_new_people_with_different_ids_in_one_system_stay_apart_though_they_share_an_address():
    first, second, again = decide(
        [("ext:shop:1", "email:a@x"), ("ext:shop:2", "email:a@x"), ("email:a@x",)], {}
    ).who
    assert first == again != second


def test_each_new_customer_gets_an_id_that_was_given_for_them_and_is_not_made_of_what_they_hold():
    given = []

    def giving():
        given.append(new_id())
        return given[-1]

    references = [("email:a@x",), ("ext:shop:1", "email:a@x"), ("phone:+1",), ("ext:shop:17",)]
    decision = identity.decide(references, among(LAYLA), giving)
    first, again, other, layla = decision.who
    assert layla == "layla"
    assert first == again
    assert sorted({first, other}) == sorted(given)


def test_a_stand_in_that_everybody_uses_does_not_swallow_all_addresses():
    references = [("ext:pos:walk-in", f"email:{number}@x") for number in range(MOST_HELD + 10)]
    decision = decide(references, {})
    (walk_in,) = set(decision.who)
    assert len(decision.gained[walk_in]) == MOST_HELD


@pytest.mark.parametrize("system", ["shop", "pos:riyadh", "https://shop.example", "a%3Ab"])
def test_the_name_of_a_system_is_never_confused_with_the_id_in_it(system):
    (key,) = identity_keys(external_ids=[(system, "1:2")])
    assert system_of(key) == system
    assert key != identity_keys(external_ids=[(f"{system}:1", "2")])[0]


# What must hold whatever comes: few people, few identifiers, many collisions.

ADDRESSES = st.sampled_from(["email:a", "email:b", "email:c", "phone:1", "phone:2", "phone:3"])
EXTERNAL = st.sampled_from([f"ext:{system}:{number}" for system in "st" for number in (1, 2, 3)])
REFERENCES = st.builds(
    lambda keys: tuple(sorted(keys, key=lambda key: (strength(key), key))),
    st.sets(st.one_of(EXTERNAL, ADDRESSES), min_size=1, max_size=4),
)
BATCHES = st.lists(st.lists(REFERENCES, max_size=8), max_size=4)


def after(known: dict[str, Customer], gained: dict[str, list[str]]) -> dict[str, Customer]:
    """Write a decision down."""
    changed = {id: known.get(id, Customer(id)).after(keys, ()) for id, keys in gained.items()}
    return known | {id: replace(one, version=one.version + 1) for id, one in changed.items()}


def holders(known: dict[str, Customer]) -> dict[str, str]:
    pairs = [(key, one.customer_id) for one in known.values() for key in one.identifiers]
    assert len(dict(pairs)) == len(pairs), "an identifier has two holders"
    return dict(pairs)


@given(BATCHES)
def test_nobodys_identifier_is_ever_moved_and_none_has_two_holders(batches):
    known: dict[str, Customer] = {}
    for batch in batches:
        before = holders(known)
        known = after(known, decide(batch, known).gained)
        assert before.items() <= holders(known).items()


@given(BATCHES)
def test_whoever_is_meant_holds_one_of_the_identifiers_given(batches):
    known: dict[str, Customer] = {}
    for batch in batches:
        decision = decide(batch, known)
        known = after(known, decision.gained)
        assert len(decision.who) == len(batch)
        for reference, who in zip(batch, decision.who, strict=True):
            assert not set(reference).isdisjoint(known[who].identifiers)


@given(BATCHES)
def test_a_weak_match_never_joins_people_with_different_ids_in_one_system(batches):
    known: dict[str, Customer] = {}
    for batch in batches:
        single = [tuple(key for key in keys if system_of(key) != "t") for keys in batch]
        single = [keys for keys in single if sum(system_of(key) == "s" for key in keys) <= 1 and keys]
        known = after(known, decide(single, known).gained)
    for one in known.values():
        assert sum(system_of(key) == "s" for key in one.identifiers) <= 1


@given(st.lists(REFERENCES, max_size=8))
def test_a_batch_that_comes_again_means_the_same_people_and_changes_nothing(batch):
    batch = [keys for keys in batch if sum(map(bool, map(system_of, keys))) <= 1]
    first = decide(batch, {})
    again = decide(batch, after({}, first.gained))
    assert again.who == first.who
    assert again.gained == {}


IDENTIFIED = st.builds(
    lambda number, addresses: (f"ext:s:{number}", *sorted(addresses)),
    st.integers(1, 4),
    st.sets(ADDRESSES, max_size=3),
)


@given(st.lists(IDENTIFIED, max_size=10), st.data())
def test_where_every_reference_has_an_external_id_neither_order_nor_batches_matter(references, data):
    shuffled = data.draw(st.permutations(references))
    cut = data.draw(st.integers(0, len(references)))
    known: dict[str, Customer] = {}
    met: dict[str, str] = {}
    for batch in (shuffled[:cut], shuffled[cut:]):
        decision = decide(batch, known)
        met |= {keys[0]: who for keys, who in zip(batch, decision.who, strict=True)}
        known = after(known, decision.gained)
    together = dict(zip((keys[0] for keys in references), decide(references, {}).who, strict=True))
    assert groups(met) == groups(together)


def groups(met: dict[str, str]) -> set[frozenset[str]]:
    """Return which external ids mean the same customer, whatever the customer is called."""
    return {frozenset(key for key in met if met[key] == who) for who in met.values()}


PEOPLE = [("ext:s:1", "ext:t:1", "email:a", "phone:1"), ("ext:s:2", "email:b", "phone:2")]
PARTS = st.one_of(*(st.sets(st.sampled_from(keys), min_size=1) for keys in PEOPLE))


@given(st.lists(PARTS, max_size=10))
def test_in_one_batch_whatever_hangs_together_is_one_person_and_nothing_else_is(parts):
    batch = [tuple(sorted(keys, key=lambda key: (strength(key), key))) for keys in parts]
    who = decide(batch, {}).who
    for i, one in enumerate(parts):
        for j, other in enumerate(parts):
            assert (who[i] == who[j]) == _hang_together(one, other, parts)


def _hang_together(one: set[str], other: set[str], parts: list[set[str]]) -> bool:
    reached = set(one)
    while joined := [keys for keys in parts if keys & reached and not keys <= reached]:
        reached |= set().union(*joined)
    return not reached.isdisjoint(other)

"""Merges in any order make the same person, and taking one back leaves no trace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.customer import Customer, root_id
from services.customers.domain.identity import MOST_HELD
from services.customers.domain.merging import (
    difference,
    not_mergeable,
    not_merged,
    other_person,
    parts_of,
    too_large,
)
from services.customers.domain.profile import Consent, Profile, Said, Statement

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARKETING = ("email", "marketing")
PEOPLE = 5

World = dict[str, Customer]


def people(number: int = PEOPLE) -> World:
    """So many customers who know nothing of each other, each with an id and two addresses."""
    return {
        f"c{n}": Customer(f"c{n}", 1, (f"ext:shop{n}:{n}", f"email:a{n}@x", f"email:b{n}@x"))
        for n in range(number)
    }


def gather(world: World) -> None:
    """Let every root have what its aliases bring, and nothing else."""
    for id, one in world.items():
        if one.merged_into is None:
            below = [
                other
                for other in world.values()
                if other is not one and root_id(other.customer_id, world) == id
            ]
            world[id] = replace(one, absorbed=parts_of(below))


def merge(world: World, from_id: str, into_id: str) -> None:
    assert not_mergeable(from_id, into_id, world) is None
    world[from_id] = world[from_id].merged(into_id, "change")
    gather(world)


def unmerge(world: World, from_id: str) -> None:
    world[from_id] = world[from_id].separated("change", {})
    gather(world)


def tell(world: World, about: str, statement: Statement) -> None:
    root = root_id(about, world)
    world[root] = world[root].after((), [statement])


def shown(world: World) -> list[dict]:
    """What others see of everybody, whatever ids are left."""
    roots = (one for one in world.values() if one.merged_into is None)
    hidden = {"customer_id": None, "version": None}
    return sorted((one.snapshot() | hidden for one in roots), key=lambda one: str(one["external_ids"]))


def state(world: World) -> dict[str, tuple]:
    return {id: (one.merged_into, one.own, one.absorbed) for id, one in world.items()}


MOMENTS = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
CAUSES = st.integers(0, 3).map("event {}".format)


@st.composite
def told(draw: st.DrawFn) -> tuple[str, Statement]:
    """Something that is said about somebody, by one of their own identifiers."""
    who = draw(st.integers(0, PEOPLE - 1))
    at, cause = draw(MOMENTS), draw(CAUSES)
    values = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Layla", "Lyla"]),
                "country": st.sampled_from(["SA", "EG"]),
                "email": st.sampled_from([f"a{who}@x", f"b{who}@x"]),
            },
        )
    )
    status = draw(st.sampled_from(["granted", "withdrawn", None]))
    consents = {MARKETING: Consent(at, cause, status)} if status else {}
    return f"c{who}", Statement(
        (), {name: Said(at, cause, value) for name, value in values.items()}, consents
    )


TOLD = st.lists(told(), max_size=8)
#: Who is whom: pairs that may name the same two more than once, in either direction.
PAIRS = st.lists(
    st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)).filter(lambda pair: pair[0] != pair[1]),
    max_size=5,
)


def unite(world: World, one: int, other: int) -> None:
    """Say that two are one person, by whatever ids they have by now."""
    from_id, into_id = root_id(f"c{one}", world), root_id(f"c{other}", world)
    if from_id != into_id:
        merge(world, from_id, into_id)


@given(TOLD, PAIRS, st.data())
def test_the_order_of_merges_and_of_what_is_said_before_and_after_them_does_not_matter(said, pairs, data):
    acts = [(tell, one) for one in said] + [(unite, pair) for pair in pairs]
    turned = [(act, args[::-1] if act is unite and data.draw(st.booleans()) else args) for act, args in acts]
    expected, world = people(), people()
    for act, args in acts:
        act(expected, *args)
    for act, args in data.draw(st.permutations(turned)):
        act(world, *args)
    assert shown(world) == shown(expected)


@given(TOLD, PAIRS, st.data())
def test_undoing_a_merge_is_as_if_it_had_never_been(said, pairs, data):
    world = people()
    for about, statement in said:
        tell(world, about, statement)
    for pair in pairs:
        unite(world, *pair)
    before = state(world)
    roots = sorted(id for id, one in world.items() if one.merged_into is None)
    if len(roots) < 2:
        return
    from_id, into_id = data.draw(st.permutations(roots))[:2]
    merge(world, from_id, into_id)
    unmerge(world, from_id)
    assert state(world) == before


@given(TOLD, PAIRS, st.data())
def test_merges_may_be_undone_in_any_order_and_everybody_is_who_they_were(said, pairs, data):
    world = people()
    for about, statement in said:
        tell(world, about, statement)
    before = state(world)
    for pair in pairs:
        unite(world, *pair)
    for alias in data.draw(st.permutations([id for id, one in world.items() if one.merged_into])):
        unmerge(world, alias)
    assert state(world) == before


def test_whoever_leaves_takes_their_own_aliases_along():
    world = people(3)
    merge(world, "c0", "c1")
    merge(world, "c1", "c2")
    assert world["c2"].absorbed.keys() == {"c0", "c1"}
    unmerge(world, "c1")
    assert world["c2"].absorbed == {}
    assert world["c1"].absorbed.keys() == {"c0"}


def test_one_may_leave_from_within_a_chain():
    world = people(3)
    merge(world, "c0", "c1")
    merge(world, "c1", "c2")
    unmerge(world, "c0")
    assert world["c2"].absorbed.keys() == {"c1"}
    assert world["c0"].snapshot()["emails"] == ["a0@x", "b0@x"]


def consenting(id: str, hour: int, status: str) -> Customer:
    word = Consent(NOON + timedelta(hours=hour), "event", status)
    return Customer(id, 1, profile=Profile(consents={MARKETING: word}))


@pytest.mark.parametrize(("granted", "withdrawn", "last"), [(1, 2, "withdrawn"), (3, 2, "granted")])
def test_the_last_word_on_a_consent_stands_whoever_of_the_two_gave_it(granted, withdrawn, last):
    world = {"a": consenting("a", granted, "granted"), "b": consenting("b", withdrawn, "withdrawn")}
    merge(world, "a", "b")
    [consent] = world["b"].snapshot()["consents"]
    assert consent["status"] == last


def test_a_merge_that_cannot_be_is_refused_with_its_reason():
    world = people(4)
    merge(world, "c0", "c1")
    merge(world, "c1", "c2")
    world["gone"] = Customer("gone", 2, erased=True)
    asked = {
        ("c3", "c3"): "same_customer",
        ("c0", "c2"): "same_customer",
        ("c2", "c0"): "ring",
        ("c0", "c3"): "already_merged",
        ("nobody", "c3"): "unknown_customer",
        ("c3", "nobody"): "unknown_customer",
        ("gone", "c3"): "customer_erased",
        ("c3", "gone"): "customer_erased",
    }
    found = {pair: getattr(not_mergeable(*pair, world), "reason", None) for pair in asked}
    assert found == asked
    assert not_mergeable("c3", "c0", world) is None, "an alias may be named as the one who remains"


def test_only_an_alias_can_be_separated():
    world = people(2)
    assert not_merged("c0", world).reason == "not_merged"
    assert not_merged("nobody", world).reason == "unknown_customer"
    merge(world, "c0", "c1")
    assert not_merged("c0", world) is None


def test_different_ids_in_one_system_mean_two_people_also_when_an_alias_has_one_of_them():
    world = {
        "a": Customer("a", 1, ("ext:shop:1",)),
        "alias": Customer("alias", 1, ("ext:shop:2",)),
        "b": Customer("b", 1, ("email:b@x",)),
    }
    assert other_person(world["a"], world["b"]) is None
    merge(world, "alias", "b")
    refused = other_person(world["a"], world["b"])
    assert refused is not None
    assert refused.reason == "conflicting_identifier"
    assert "shop" in refused.message


def test_nobody_grows_beyond_what_a_snapshot_holds_by_being_merged():
    half = tuple(f"email:{n}@x" for n in range(MOST_HELD))
    assert too_large(Customer("a", 1, half), Customer("b", 1)) is None
    assert (
        too_large(Customer("a", 1, half), Customer("b", 1, ("email:b@y",))).reason == "too_many_identifiers"
    )


def test_what_a_merge_moves_is_told_value_by_value():
    said = {"name": Said(NOON, "e", "Layla")}
    world = {
        "a": Customer("a", 1, ("ext:shop:1", "email:a@x"), Profile(said)),
        "b": consenting("b", 1, "granted"),
    }
    before = world["b"]
    merge(world, "a", "b")
    assert difference(before, world["b"]) == {
        "emails": ["a@x"],
        "phones": [],
        "external_ids": [{"system": "shop", "id": "1"}],
        "profile": {"name": {"before": None, "after": "Layla"}},
        "consents": [],
    }
    [lost] = difference(world["b"], Customer("b"))["consents"]
    assert lost == {"channel": "email", "purpose": "marketing", "before": "granted", "after": None}

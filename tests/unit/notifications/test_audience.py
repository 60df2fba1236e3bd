"""The read model of a customer: the same whatever the order, and however often, events arrive in."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.documents import document_of, entry_of
from services.notifications.domain import told as told_of_one
from services.notifications.domain.audience import Brought, Entry, home, learn
from services.notifications.domain.facts import (
    Bounced,
    Erased,
    Feedback,
    Heard,
    Interaction,
    Merged,
    Purchase,
)
from services.notifications.domain.folding import fold
from services.notifications.domain.told import Told
from tests.unit.notifications.builders import NOON, complaint, consent, entry, member, profile


def everything(about: str):
    """Facts about one customer, each of another kind or version, as pairs (customer, fact)."""
    later = NOON + timedelta(hours=1)
    facts = [
        *(profile(version, name=f"{about} {version}") for version in (1, 2, 3)),
        *(member(version, points=100 * version) for version in (1, 2)),
        complaint("opened", id=f"{about} 1", told_by="a"),
        complaint("resolved", id=f"{about} 1", minute=5, told_by="b"),
        complaint("reopened", id=f"{about} 1", minute=9, told_by="c"),
        complaint("opened", id=f"{about} 2", told_by="d"),
        complaint("resolved", id=f"{about} 2", told_by="e"),
        Feedback("csat", 4, 5, NOON, f"{about} f"),
        Feedback("nps", 2, 10, later, f"{about} g"),
        Interaction("purchase.completed.v1", "store", NOON, f"{about} h"),
        Interaction("contact.logged.v1", None, later, f"{about} i"),
        Purchase(f"{about} p", NOON, ("beans",), 500, "USD"),
        Purchase(f"{about} p", later, ("tea",), 700, "USD"),
        Purchase(f"{about} q", NOON, (), 100, "USD"),
        Bounced("email", f"{about}@example.com", NOON),
        Bounced("email", f"{about}@example.com", later),
        Heard(NOON - timedelta(days=1)),
        Heard(NOON),
    ]
    return [(about, fact) for fact in facts]


MERGES = [("a", Merged("b", 2)), ("b", Merged("c", 5))]
APART = [*everything("a"), *everything("b"), *everything("c")]
STORY = [*APART, *MERGES]
UNDOING = [("a", Merged("b", 3, undone=True)), ("b", Merged("c", 6, undone=True))]


def folded(told):
    """Fold one fact after the other, as if each came in a batch of its own."""
    entries: dict[str, Entry] = {}
    for customer_id, fact in told:
        entries = after_batch(entries, {customer_id: [fact]})
    return entries


def after_batch(entries, told):
    outcome = fold(entries, told)
    return entries | outcome.pointing | outcome.homes


def in_batches(told, sizes):
    entries: dict[str, Entry] = {}
    for batch in batches(told, sizes):
        entries = after_batch(entries, batch)
    return entries


def batches(told, sizes):
    """Cut a story into batches of these sizes, facts by customer as the handlers collect them."""
    told = list(told)
    while told:
        size = sizes.pop() if sizes else len(told)
        batch: dict[str, list] = {}
        for customer_id, fact in told[:size]:
            batch.setdefault(customer_id, []).append(fact)
        yield batch
        told = told[size:]


sizes = st.lists(st.integers(1, 9))


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=5), sizes)
def test_order_repetition_and_batching_do_not_matter(shuffled, repeated, sizes):
    assert in_batches([*shuffled, *repeated], sizes) == folded(STORY)


@given(st.permutations([*STORY, *UNDOING]), st.lists(st.sampled_from([*STORY, *UNDOING]), max_size=9), sizes)
def test_to_undo_a_merge_is_the_identity_whatever_was_told_in_between(shuffled, repeated, sizes):
    undone = in_batches([*shuffled, *repeated], sizes)
    assert {one: replace(entry, merged=None) for one, entry in undone.items()} == folded(APART)


@given(st.permutations([*STORY, UNDOING[0]]), sizes)
def test_an_alias_leaves_a_chain_alone(shuffled, sizes):
    entries = in_batches(shuffled, sizes)
    assert [home(entries, one) for one in "abc"] == ["a", "c", "c"]
    assert entries["c"].aliases == ("b",)
    assert entries["a"].told == folded(APART)["a"].told


@given(st.permutations([*STORY, UNDOING[1]]), sizes)
def test_whoever_leaves_takes_their_own_aliases_along(shuffled, sizes):
    entries = in_batches(shuffled, sizes)
    assert [home(entries, one) for one in "abc"] == ["b", "b", "c"]
    assert (entries["b"].aliases, entries["c"].aliases) == (("a",), ())
    assert entries["b"].open_complaints == ("a 1", "b 1")


MOVES = [
    ("a", Merged("b", 2)),
    ("a", Merged("b", 3, undone=True)),
    ("a", Merged("c", 4)),
    ("b", Merged("c", 2)),
    ("b", Merged("c", 3, undone=True)),
    ("b", Merged("d", 4)),
    ("d", Merged("c", 2)),
]


@given(st.permutations([*MOVES, *APART[::4]]), st.lists(st.sampled_from(MOVES), max_size=6), sizes)
def test_whoever_moves_about_is_in_one_place_in_the_end(shuffled, repeated, sizes):
    entries = in_batches([*shuffled, *repeated], sizes)
    assert {home(entries, one) for one in "abcd"} == {"c"}
    assert entries == folded([*MOVES, *APART[::4]])
    assert entries["c"].aliases == ("a", "b", "d")
    assert [entries[one].aliases for one in "abd"] == [()] * 3


@given(st.permutations([*STORY, *(("abc"[n], Erased()) for n in range(3))]), sizes)
def test_a_person_who_was_erased_stays_erased_whatever_arrives_late(shuffled, sizes):
    entries = in_batches(shuffled, sizes)
    nothing = (Brought("a", Told()), Brought("b", Told()))
    assert entries["c"] == Entry("c", brought=nothing, erased=True)
    assert entries["a"] == Entry("a", merged=MERGES[0][1], erased=True)


@given(st.permutations([*STORY, *UNDOING, ("a", Erased())]), sizes)
def test_who_was_taken_for_somebody_else_is_erased_alone(shuffled, sizes):
    entries = in_batches(shuffled, sizes)
    assert entries["a"] == Entry("a", merged=UNDOING[0][1], erased=True)
    assert replace(entries["b"], merged=None) == folded(APART)["b"]


def test_after_a_merge_one_entry_shows_the_complaints_of_all():
    entries = folded(STORY)
    assert entries["c"].open_complaints == ("a 1", "b 1", "c 1")
    assert entries["c"].profile.name == "c 3"
    assert {home(entries, one) for one in "abc"} == {"c"}


def test_what_is_told_while_merged_stays_with_the_id_that_it_was_told_of():
    entries = folded(STORY)
    for one in "ac":
        late = complaint("opened", id=f"{one} late")
        entries = after_batch(entries, {one: [late]})
    assert "a late" in entries["c"].open_complaints
    assert "c late" in entries["c"].open_complaints
    for customer_id, fact in UNDOING:
        entries = after_batch(entries, {customer_id: [fact]})
    assert entries["a"].open_complaints == ("a 1", "a late")
    assert entries["c"].open_complaints == ("c 1", "c late")


def test_snapshots_that_arrive_after_a_merge_was_undone_are_taken_in():
    entries = folded([*STORY, *UNDOING])
    entries = after_batch(entries, {"a": [profile(7, name="again"), member(8, points=7)]})
    assert (entries["a"].profile.name, entries["a"].member.points) == ("again", 7)


def test_nothing_is_written_for_what_is_known_already():
    entries = folded(STORY)
    again = fold(entries, {"a": [fact for one, fact in STORY if one == "a"], "c": [profile(2)]})
    assert not again.pointing
    assert not again.homes


def test_whoever_loses_an_alias_is_written_even_where_nothing_changes():
    """So that a worker which is about to write a copy there finds that the version has moved."""
    entries = folded([*STORY, *UNDOING])
    again = fold(entries, {"b": [UNDOING[1][1]]})
    assert "c" in again.homes


@given(st.permutations([*STORY, UNDOING[1]]), sizes)
def test_an_entry_comes_back_from_its_document_as_it_was(shuffled, sizes):
    for known in in_batches(shuffled, sizes).values():
        document = document_of(known)
        assert entry_of(document) == known
        whole = msgspec.convert(document, Told)
        assert whole == known.told, "what is told of the whole person stands on top, for queries"


few = st.integers(0, 9)
baskets = st.lists(
    st.builds(Purchase, few.map(str), few.map(lambda hours: NOON + timedelta(hours=hours)), st.just(()), few),
    max_size=25,
)


@given(baskets, st.data())
def test_the_latest_purchases_are_the_same_whatever_the_order_and_whichever_id_they_were_told_of(told, data):
    """With room for three, so that some fall out, come again, and rise by being told differently."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(told_of_one, "PURCHASES_KEPT", 3)
        whole = all_of(told)
        shuffled = data.draw(st.permutations(told + told[:5]))
        cut = data.draw(st.integers(0, len(shuffled)))
        one, other = all_of(shuffled[:cut]), all_of(shuffled[cut:])
        assert all_of(shuffled) == one.and_also(other) == other.and_also(one) == whole
    last = {one.id: one for one in sorted(told, key=lambda one: one.place)}
    latest = sorted(last.values(), key=lambda one: one.place, reverse=True)
    assert list(whole.purchases) == latest[:3]


def all_of(purchases):
    told = Told()
    for one in purchases:
        told = told.learn(one)
    return told


def test_a_customer_who_buys_every_day_keeps_the_latest_hundred_purchases():
    days = [Purchase(f"{day}", NOON + timedelta(days=day)) for day in range(250)]
    kept = all_of(days[::-1]).purchases
    assert kept == tuple(days[::-1][:100])
    assert all_of(days).purchases == kept


def test_who_was_merged_shows_the_purchases_and_bounces_of_all_ids():
    entries = folded(STORY)
    latest = [one.id for one in entries["c"].told.purchases]
    assert latest == ["c p", "b p", "a p", "c q", "b q", "a q"]
    assert [one.address for one in entries["c"].bounced] == [f"{one}@example.com" for one in "abc"]
    assert [one.id for one in entries["a"].told.purchases] == ["a p", "a q"]


def test_an_older_snapshot_does_not_undo_a_newer_one():
    assert learn(entry(profile=profile(3, name="Now")), profile(2, name="Then")).profile.name == "Now"


@pytest.mark.parametrize(
    ("order", "still_open"),
    [
        (["opened", "resolved"], False),
        (["resolved", "opened"], True),
        (["opened", "resolved", "reopened"], True),
    ],
)
def test_the_last_word_on_a_complaint_counts(order, still_open):
    known = entry()
    for minute, status in enumerate(order):
        known = learn(known, complaint(status, minute=minute))
    assert bool(known.open_complaints) is still_open


def test_the_latest_consent_for_the_channel_and_purpose_counts():
    said = (
        consent("withdrawn", at=NOON + timedelta(days=1)),
        consent("granted", at=NOON),
        consent("granted", purpose="marketing", at=NOON + timedelta(days=2)),
    )
    customer = entry(profile=profile(consents=said))
    assert customer.consent("email", "service") == "withdrawn"
    assert customer.consent("email", "marketing") == "granted"
    assert customer.consent("sms", "service") is None


def test_a_ring_of_merges_does_not_hang():
    ring = {
        "a": Entry("a", merged=Merged("b", 1)),
        "b": Entry("b", merged=Merged("c", 1)),
        "c": Entry("c", merged=Merged("b", 1)),
    }
    assert {home(ring, one) for one in "abc"} == {"b"}


@pytest.mark.timeout(15)
def test_a_long_chain_of_merges_in_one_batch_is_not_taken_step_by_step_for_everybody():
    told = {f"{link:03}": [Merged(f"{link + 1:03}", 1)] for link in range(300)}

    after = fold({}, told)

    assert len(after.homes["300"].aliases) == 300

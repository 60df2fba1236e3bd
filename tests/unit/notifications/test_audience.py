"""The read model of a customer: the same whatever the order, and however often, events arrive in."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.audience import Entry, fold, home, learn
from services.notifications.domain.facts import Erased, Feedback, Interaction, Merged
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
    ]
    return [(about, fact) for fact in facts]


MERGES = [("a", Merged("b", NOON, "m1")), ("b", Merged("c", NOON, "m2"))]
STORY = [*everything("a"), *everything("b"), *everything("c"), *MERGES]


def folded(told):
    """Fold one fact after the other, as if each came in a batch of its own."""
    entries: dict[str, Entry] = {}
    for customer_id, fact in told:
        entries = after_batch(entries, {customer_id: [fact]})
    return entries


def after_batch(entries, told):
    outcome = fold(entries, told)
    return entries | outcome.entries | outcome.aliases


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


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=5), st.lists(st.integers(1, 9)))
def test_order_repetition_and_batching_do_not_matter(shuffled, repeated, sizes):
    entries: dict[str, Entry] = {}
    for batch in batches([*shuffled, *repeated], sizes):
        entries = after_batch(entries, batch)
    assert entries == folded(STORY)


@given(st.permutations([*STORY, ("b", Erased())]), st.lists(st.integers(1, 9)))
def test_an_erased_customer_stays_erased_whatever_arrives_late(shuffled, sizes):
    entries: dict[str, Entry] = {}
    for batch in batches(shuffled, sizes):
        entries = after_batch(entries, batch)
    assert entries["c"] == Entry("c", aliases=("a", "b"), erased=True)
    assert entries["a"] == Entry("a", merged=MERGES[0][1])


def test_after_a_merge_the_complaints_of_both_are_open_and_the_alias_holds_nothing():
    entries = folded(STORY)
    assert entries["c"].open_complaints == ("a 1", "b 1", "c 1")
    assert entries["c"].profile.name == "c 3"
    assert entries["a"] == Entry("a", merged=MERGES[0][1])
    assert {home(entries, one) for one in "abc"} == {"c"}


def test_nothing_is_written_for_what_is_known_already():
    entries = folded(STORY)
    again = fold(entries, {"a": [fact for one, fact in STORY if one == "a"], "c": [profile(2)]})
    assert not again.entries
    assert not again.aliases


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
        "a": Entry("a", merged=Merged("b", NOON, "1")),
        "b": Entry("b", merged=Merged("c", NOON, "2")),
        "c": Entry("c", merged=Merged("b", NOON, "3")),
    }
    assert {home(ring, one) for one in "abc"} == {"b"}

"""Customers and rules of every kind, for the tests that hold the two readings of a rule together."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import (
    Amount,
    Bounced,
    Complaint,
    Consent,
    ExpiringPoints,
    Feedback,
    Member,
    NextTier,
    Profile,
    Purchase,
)
from services.notifications.domain.segment_reading import OPERATORS
from services.notifications.domain.told import Told
from services.notifications.domain.traits import FIELDS, Kind

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
START = NOW - timedelta(days=3, hours=5)
#: Words with which somebody might try to be more than a value.
WORDS = ("gold", "silver", "beans", "$beans", "$$this", "{}", "a.b", "ar", "en-GB", "قهوة", "email/marketing")

words = st.sampled_from(WORDS)
#: Moments close to the edges of UTC days, where readings would differ.
moments = st.builds(
    lambda days, edge: datetime(2026, 3, 4, tzinfo=UTC) + timedelta(days=days, milliseconds=edge),
    st.integers(-4, 4),
    st.sampled_from([-1, 0, 1, 45_000_000, 86_399_999]),
)
maybe = st.one_of(st.none(), moments)
amounts = st.builds(
    Amount, st.sampled_from(["-5.00", "0.00", "19.99", "20.00", "20.01"]).map(Decimal), st.just("USD")
)
purchases = st.lists(
    st.builds(
        Purchase,
        st.sampled_from("abcdefgh"),
        moments,
        st.lists(words, max_size=2, unique=True).map(lambda found: tuple(sorted(found))),
    ),
    max_size=5,
).map(lambda found: learnt(*found).purchases)


def learnt(*facts: Any) -> Told:
    told = Told()
    for fact in facts:
        told = told.learn(fact)
    return told


profiles = st.builds(
    Profile,
    version=st.just(1),
    locale=st.sampled_from([None, "ar", "ar-EG", "en-GB"]),
    country=st.sampled_from([None, "SA", "EG"]),
    emails=st.sampled_from([(), ("a@x.com",), ("a@x.com", "b@x.com")]),
    consents=st.lists(
        st.builds(
            Consent,
            st.just("email"),
            st.sampled_from(["marketing", "service"]),
            st.sampled_from(["granted", "withdrawn"]),
            moments,
        ),
        max_size=2,
    ).map(tuple),
    account=st.one_of(st.none(), words),
    tags=st.lists(words, max_size=2, unique=True).map(tuple),
)
members = st.builds(
    Member,
    version=st.just(1),
    tier=st.sampled_from(["gold", "silver"]),
    points=st.integers(-3, 3),
    purchase_count=st.integers(0, 3),
    repeat=st.booleans(),
    first_purchase_at=maybe,
    last_purchase_at=maybe,
    due_at=maybe,
    spend=st.one_of(st.none(), amounts),
    qualifying_spend=amounts,
    points_expiring=st.one_of(st.none(), st.builds(ExpiringPoints, st.integers(1, 3), moments)),
    next_tier=st.one_of(st.none(), st.builds(NextTier, words, amounts)),
)
entries = st.builds(
    Entry,
    st.uuids(version=4).map(str),
    version=st.just(0),
    profile=st.one_of(st.none(), profiles),
    member=st.one_of(st.none(), members),
    own=st.builds(
        Told,
        complaints=st.sampled_from([(), (Complaint("c", "opened", NOW, "x"),)]),
        last_feedback=st.one_of(
            st.none(),
            st.builds(Feedback, st.just("csat"), st.integers(0, 5), st.none(), moments, st.just("f")),
        ),
        purchases=purchases,
        bounced=st.sampled_from([(), (Bounced("email", "a@x.com", NOW),)]),
        heard_at=maybe,
        complained_at=maybe,
    ),
)

days = st.one_of(
    st.integers(0, 4).map(lambda days: {"days_ago": days}),
    st.integers(0, 4).map(lambda days: {"days_ahead": days}),
)
whens = st.one_of(
    days,
    moments.map(lambda at: at.date().isoformat()),
    moments.map(lambda at: at.isoformat().replace("+00:00", "Z")),
    st.just({"start": True}),
)
OPERANDS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: words,
    Kind.TEXTS: words,
    Kind.NUMBER: st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 2.0, 2.5])),
    Kind.MONEY: st.sampled_from(["-5", "0.00", "19.99", "20", "20.01"]),
    Kind.MOMENT: whens,
    Kind.DAY_OF_YEAR: st.one_of(st.sampled_from(["02-28", "03-01", "03-05"]), days),
    Kind.FLAG: st.booleans(),
    Kind.PRESENCE: st.nothing(),
}


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(sorted(FIELDS)))
    kind = FIELDS[field].kind
    op = draw(st.sampled_from(OPERATORS[kind]))
    if op == "exists":
        value = draw(st.booleans())
    elif op in ("in", "between"):
        least, most = (2, 2) if op == "between" else (1, 3)
        value = draw(st.lists(OPERANDS[kind], min_size=least, max_size=most))
    else:
        value = draw(OPERANDS[kind])
    return {"field": field, "op": op, "value": value}


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    to = draw(st.integers(0, 4))
    said: dict[str, Any] = {"from_days_ago": to + draw(st.integers(0, 4)), "to_days_ago": to}
    if draw(st.booleans()):
        said["category"] = draw(words)
    least = draw(st.integers(0, 3))
    if draw(st.booleans()):
        said["at_least"] = least
    if draw(st.booleans()):
        said["at_most"] = max(said.get("at_least", 0), draw(st.integers(0, 3)))
    return {"purchases": said}


#: Every rule that can be written.
rules = st.recursive(
    st.one_of(
        comparisons(), windows(), st.sampled_from(["new", "lost", "repeat"]).map(lambda n: {"segment": n})
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"and": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"or": some}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=6,
)

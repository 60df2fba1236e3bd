"""The statement: the same story as the state, entry by entry."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.facts import Fact, moment
from services.loyalty.domain.fold import advance, rebuild
from services.loyalty.domain.program import Program
from services.loyalty.domain.statement import Entry, Kind, Place, latest, statement
from services.loyalty.domain.view import view

from .histories import histories, moments, patient, programs
from .story import PROGRAM, at, bought, midnight, program, redeemed, returned


def lines(entries: list[Entry]) -> list[tuple[Kind, int, int, int, int, int, str]]:
    return [
        (one.kind, one.earned, one.taken_back, one.spent, one.expired, one.balance, one.tier)
        for one in entries
    ]


def test_every_fact_and_everything_that_time_did_has_a_line() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 0), expiry_months=12)
    first, second = bought("2023-01-01", "100"), bought("2023-03-01", "10.50", purchase="till|7")
    facts: list[Fact] = [first, redeemed("2023-02-01", 40), second, returned("2023-03-02", second, "0.25")]
    assert lines(statement(by, facts, at("2024-06-01"))) == [
        (Kind.PURCHASE, 100, 0, 0, 0, 100, "silver"),
        (Kind.REDEMPTION, 0, 0, 40, 0, 60, "silver"),
        (Kind.PURCHASE, 21, 0, 0, 0, 81, "silver"),
        (Kind.RETURN, 0, 1, 0, 0, 80, "silver"),
        (Kind.EXPIRY, 0, 0, 0, 60, 20, "member"),
        (Kind.HOLD_ENDED, 0, 0, 0, 0, 20, "member"),
        (Kind.EXPIRY, 0, 0, 0, 20, 0, "member"),
    ]


def test_a_line_names_its_event_and_its_purchase() -> None:
    purchase = bought("2023-01-01", "100", purchase="till|7")
    entry, expiry = statement(PROGRAM, [purchase], at("2024-01-01"))
    assert (entry.time, entry.key, entry.purchase, entry.amount) == (
        purchase.time,
        purchase.key,
        "till|7",
        100_00,
    )
    assert (expiry.time, expiry.key, expiry.purchase, expiry.amount) == (
        midnight("2024-01-01"),
        None,
        None,
        None,
    )


def test_a_fact_without_effect_has_its_line_too() -> None:
    facts = bought("2024-01-05", "10", purchase="till|7"), bought("2024-01-06", "10", purchase="till|7")
    assert [one.earned for one in statement(PROGRAM, facts, at("2024-01-07"))] == [10, 0]


def test_a_customer_of_whom_nothing_happened_has_an_empty_statement() -> None:
    assert statement(PROGRAM, [], at("2024-01-01")) == []


@patient
@given(programs, histories(), moments)
def test_the_statement_adds_up_to_the_member(by: Program, facts: list[Fact], now: datetime) -> None:
    state, entries = rebuild(by, facts), statement(by, facts, now)
    seen, totals = view(by, state, now), advance(by, state, now).totals
    assert (entries[-1].balance, entries[-1].tier) == (seen.points, seen.tier)
    for name in ("earned", "taken_back", "spent", "expired"):
        assert sum(getattr(one, name) for one in entries) == getattr(totals, name)
    assert [one.time for one in entries] == sorted(one.time for one in entries)
    assert [one.key for one in entries if one.key] == [fact.key for fact in sorted(facts, key=moment)]


@patient
@given(programs, histories(), moments, st.integers(1, 5))
def test_its_pages_are_the_statement_backwards(
    by: Program, facts: list[Fact], now: datetime, limit: int
) -> None:
    read: list[Entry] = []
    before: Place | None = None
    while page := latest(by, facts, now, limit, before):
        assert len(page) <= limit
        read, before = read + page, page[-1].place

    assert read[::-1] == statement(by, facts, now)

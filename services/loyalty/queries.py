"""What others may ask of loyalty. Everything returned is JSON."""

from datetime import UTC, date, datetime, time
from typing import Any

from services.loyalty.domain.codec import decode_fact, decode_state
from services.loyalty.domain.errors import Older, OtherProgram
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.program import Program
from services.loyalty.domain.statement import Entry, latest
from services.loyalty.domain.view import view
from services.loyalty.family import find
from services.loyalty.member import Member, aliases_of, applied
from services.loyalty.offering import queries as offering
from services.loyalty.prospects import due_again, prospects
from services.loyalty.publishing import snapshot
from services.loyalty.store import LoyaltyStore
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.times import format_time, parse_time, to_milliseconds
from wafa.runtime.arguments import check_texts, check_texts_given, check_whole
from wafa.runtime.paging import asked, cut

MOST = 500
MOST_OFFERS = 20


def member(
    store: LoyaltyStore,
    program: Program,
    customer_id: str,
    now: datetime,
    as_of: str | None = None,
    categories: bool = False,
) -> dict[str, Any] | None:
    """Return a member with the titles of the tier and of the next, and what is to be expected of them.

    None where nothing was ever bought.

    An alias is answered with the customer that it is another name of. `as_of` is a moment (RFC 3339) or a
    date, which is the end of that UTC day: the member is shown as it was then, as far as it is known today.
    With `categories` the ledger is read for the kinds of goods that are due.
    What is no such moment is answered with `{"error": {"reason", "path", "message"}}`.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    check_texts(customer_id=customer_id)
    check_texts_given(as_of=as_of)
    try:
        then = _moment(as_of, now) if as_of is not None else None
    except ValueError as error:
        return {"error": {"reason": "invalid_moment", "path": "as_of", "message": str(error)}}
    found = _member(store, customer_id)
    if found is None:
        return None
    facts = [] if then is None else [one for one in _facts(store, found) if one.time <= then]
    if then is not None and not facts:
        return None
    try:
        state = decode_state(found["state"]) if then is None else rebuild(program, facts)
        seen = view(program, state, then or now)
    except (OtherProgram, Older):
        seen = view(program, rebuild(program, _facts(store, found)), now)
    figures = {"customer_id": found["_id"], **snapshot(seen, program), **prospects(seen, program)}
    if categories:
        known = [one for one in _facts(store, found) if one.time <= seen.as_of]
        figures["due_categories"] = due_again(known, program)
    titles = {tier.code: dict(tier.titles) for tier in program.tiers}
    if above := figures.get("next_tier"):
        figures["next_tier"] = {**above, "titles": titles[above["tier"]]}
    return {"tier_titles": titles[seen.tier], **figures}


def ledger(
    store: LoyaltyStore,
    program: Program,
    customer_id: str,
    now: datetime,
    before: str | None = None,
    limit: int = 50,
) -> dict[str, Any] | None:
    """Return `{"entries": [...], "next"}`, newest first, with what each did to the points.

    It is the ledger of the customer whom an alias is another name of, with the facts of all their aliases;
    None where nothing was ever bought. `next` is the next page's `before`, null on the last.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts(customer_id=customer_id)
    place, limit = asked(BY_TIME, before, limit, MOST)
    found = _member(store, customer_id)
    if found is None:
        return None
    entries = latest(program, _facts(store, found), now, limit + 1, place)
    page, following = cut(entries, limit, lambda entry: BY_TIME.encode(*entry.place))
    return {"entries": [_shown(entry, program) for entry in page], "next": following}


def recommendations(
    store: LoyaltyStore, program: Program, customer_id: str, now: datetime, limit: int = 5
) -> dict[str, Any] | None:
    """Return what to offer a member: of what they buy (`again`), `new` to them, and a `next_category`.

    Each with its reason, as a code with figures and in words; None where nothing was ever bought.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts(customer_id=customer_id)
    check_whole(limit=limit)
    found = _member(store, customer_id)
    if found is None:
        return None
    offers = offering.recommendations(
        store.offers, _facts(store, found), program, now, min(max(limit, 1), MOST_OFFERS)
    )
    return {"customer_id": found["_id"], **offers}


def alternatives(store: LoyaltyStore, program: Program, sku: str, limit: int = 5) -> dict[str, Any] | None:
    """Return what to offer instead of an article; None where nothing is known of it.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts(sku=sku)
    check_whole(limit=limit)
    return offering.alternatives(store.offers, sku, program, min(max(limit, 1), MOST_OFFERS))


def members(store: LoyaltyStore, after: str | None, limit: int) -> dict[str, Any]:
    """Return a page of members as last seen, in the order of their ids, and the `next` page's `after`."""
    limit = min(max(limit, 1), 2000)
    page = store.page_of_members(after, limit)
    shown = [{"customer_id": one["_id"], "version": one["version"], **one["snapshot"]} for one in page]
    return {"members": shown, "next": page[-1]["_id"] if len(page) == limit else None}


def summary(store: LoyaltyStore, program: Program) -> dict[str, Any]:
    """Return the totals over all members."""
    groups = store.summary()
    tiers = {tier.code: 0 for tier in program.tiers}
    for group in groups:
        tiers[group["_id"]["tier"]] = tiers.get(group["_id"]["tier"], 0) + group["members"]
    return {
        "members": sum(group["members"] for group in groups),
        "repeat": sum(group["members"] for group in groups if group["_id"]["repeat"]),
        "purchases": sum(group["purchases"] for group in groups),
        "points": sum(group["points"] for group in groups),
        "spend": {
            "amount": f"{from_minor(sum(group['spend'] for group in groups), program):f}",
            "currency": program.base_currency,
        },
        "tiers": tiers,
    }


def _member(store: LoyaltyStore, customer_id: str) -> Member | None:
    family = find(store, [customer_id])
    found = family.members.get(family.root(customer_id))
    return found if found and "state" in found and found["state"]["last"] else None


def _facts(store: LoyaltyStore, found: Member) -> list[Fact]:
    ids = [found["_id"], *(alias["id"] for alias in aliases_of(found))]
    filed = [decode_fact(row["fact"]) for rows in store.ledger(ids).values() for row in rows]
    return [*filed, *applied(found["pending"], ids)]


def _moment(text: str, now: datetime) -> datetime:
    """Return the moment that `as_of` names: of a day its last one, or that of today which has come."""
    try:
        day = date.fromisoformat(text)
    except (ValueError, TypeError):
        try:
            moment = parse_time(text)
        except (ValueError, TypeError, OverflowError):
            wanted = "a date such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z"
            raise ValueError(f"it must be {wanted}, not {text!r}") from None
    else:
        if day == now.date():
            return now
        moment = datetime.combine(day, time.max, UTC)
    if moment > now:
        raise ValueError(f"{text} has not come yet")
    return to_milliseconds(moment)


def _shown(entry: Entry, program: Program) -> dict[str, Any]:
    shown = {
        "time": format_time(entry.time),
        "kind": entry.kind.value,
        "key": entry.key,
        "purchase": entry.purchase,
        "amount": None if entry.amount is None else f"{from_minor(entry.amount, program):f}",
        "currency": None if entry.amount is None else program.base_currency,
        "earned": entry.earned,
        "taken_back": entry.taken_back,
        "spent": entry.spent,
        "expired": entry.expired,
        "balance": entry.balance,
        "tier": entry.tier,
        "reason": entry.reason,
    }
    return {name: value for name, value in shown.items() if value is not None}

"""What others may ask of loyalty. Everything returned is JSON."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact, decode_state
from services.loyalty.domain.errors import OtherProgram
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import rebuild
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.program import Program
from services.loyalty.domain.statement import Entry, statement
from services.loyalty.domain.view import view
from services.loyalty.publishing import snapshot
from services.loyalty.store import LoyaltyStore
from wafa.contracts.times import format_time


def member(store: LoyaltyStore, program: Program, customer_id: str, now: datetime) -> dict[str, Any] | None:
    """Return a member as of now, with the titles of the tier; None where nothing was ever bought."""
    found = store.members([customer_id]).get(customer_id)
    if found is None:
        return None
    try:
        seen = view(program, decode_state(found["state"]), now)
    except OtherProgram:
        seen = view(program, rebuild(program, _facts(store, found)), now)
    titles = next(tier.titles for tier in program.tiers if tier.code == seen.tier)
    return {"customer_id": customer_id, "tier_titles": dict(titles), **snapshot(seen, program)}


def ledger(store: LoyaltyStore, program: Program, customer_id: str, now: datetime) -> list[dict[str, Any]]:
    """Return the ledger of a customer entry by entry, oldest first, with what each did to the points."""
    found = store.members([customer_id]).get(customer_id)
    return (
        [_shown(entry, program) for entry in statement(program, _facts(store, found), now)] if found else []
    )


def members(store: LoyaltyStore, after: str | None, limit: int) -> dict[str, Any]:
    """Return a page of members as last seen, in the order of their ids, and the `next` page's `after`."""
    limit = min(max(limit, 1), 2000)
    page = store.page(after, limit)
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


def _facts(store: LoyaltyStore, found: dict[str, Any]) -> list[Fact]:
    rows = [
        *store.ledger([found["_id"]])[found["_id"]],
        *(one["row"] for one in found["pending"] if one["row"]),
    ]
    return [decode_fact(row["fact"]) for row in rows]


def _shown(entry: Entry, program: Program) -> dict[str, Any]:
    shown = {
        "time": format_time(entry.time),
        "kind": entry.kind.value,
        "key": entry.key,
        "purchase": entry.purchase,
        "amount": None if entry.amount is None else f"{from_minor(entry.amount, program):f}",
        "earned": entry.earned,
        "taken_back": entry.taken_back,
        "spent": entry.spent,
        "expired": entry.expired,
        "balance": entry.balance,
        "tier": entry.tier,
    }
    return {name: value for name, value in shown.items() if value is not None}

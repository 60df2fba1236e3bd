"""Rebuild: fold the ledger anew, and compare with the live members or put them right."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact, encode_state
from services.loyalty.domain.program import Program
from services.loyalty.effects import Change, Member, Publish, make_member, settle
from services.loyalty.store import LoyaltyStore


def rebuild_page(
    after: str | None,
    limit: int,
    repair: bool,
    store: LoyaltyStore,
    publish: Publish,
    program: Program,
    now: datetime,
) -> dict[str, Any]:
    """Fold anew the members whose ids follow `after`.

    Returns how many were `checked`, those that were `different` with the fields that differed, and the `next`
    value of `after` (None at the end). With `repair`, these are written, published and announced.
    """
    members = store.page(after, limit)
    different = _different(members, store, program)
    if different:
        # A fact that arrived between the two readings looks like a difference once, not twice.
        again = store.members([member["_id"] for member, _, _ in different])
        different = _different([*again.values()], store, program)
    if repair and different:
        _repair(different, store, publish, program, now)
    return {
        "checked": len(members),
        "different": [{"customer_id": member["_id"], "fields": fields} for member, _, fields in different],
        "next": members[-1]["_id"] if len(members) == limit else None,
    }


def _different(
    members: list[Member], store: LoyaltyStore, program: Program
) -> list[tuple[Member, Any, list[str]]]:
    rows = store.ledger([member["_id"] for member in members])
    found = []
    for member in members:
        state = Change(member["_id"], member, ()).refold(
            program, [decode_fact(row["fact"]) for row in rows[member["_id"]]]
        )
        anew = encode_state(state)
        fields = [name for name, value in anew.items() if value != member["state"].get(name)]
        if fields:
            found.append((member, state, fields))
    return found


def _repair(
    different: list[tuple[Member, Any, list[str]]],
    store: LoyaltyStore,
    publish: Publish,
    program: Program,
    now: datetime,
) -> None:
    written = [
        make_member(Change(member["_id"], member, ()), state, program, now) for member, state, _ in different
    ]
    moved = store.save(written)
    settled = [member for member in written if member["_id"] not in moved]
    settle(settled, store, publish)
    store.drop_pending(settled)

"""Rebuild: fold the ledger anew, and compare with the live members or put them right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact, encode_state
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.effects import Change, Member, make_member, settle
from services.loyalty.store import LoyaltyStore
from wafa.runtime.publisher import Publish


@dataclass(frozen=True, slots=True)
class Difference:
    """A customer whose ledger says something else than the member, and the `fields` where it does."""

    change: Change
    state: State
    fields: list[str]


def rebuild_page(
    after: str | None,
    limit: int,
    repair: bool,
    store: LoyaltyStore,
    publish: Publish,
    program: Program,
    now: datetime,
) -> dict[str, Any]:
    """Fold anew the customers whose ids follow `after`.

    Returns how many were `checked`, those that were `different` with the fields that differed (`member` where
    there was none at all), and the `next` value of `after` (None at the end). With `repair`, these are
    written, published and announced.
    """
    members = store.page(after, limit)
    upto = members[-1]["_id"] if len(members) == limit else None
    found = {member["_id"]: member for member in members}
    ids = [*found, *(store.ledger_customers(after, upto) - found.keys())]
    different = _differences(ids, found, store, program)
    if different:
        # What moved between the two readings is busy, not wrong.
        again = store.members([one.change.customer_id for one in different])
        different = [
            one
            for one in different
            if _version(again.get(one.change.customer_id)) == _version(one.change.member)
        ]
    if repair:
        _repair(different, store, publish, program, now)
    return {
        "checked": len(ids),
        "different": [{"customer_id": one.change.customer_id, "fields": one.fields} for one in different],
        "next": upto,
    }


def _differences(
    ids: Iterable[str], members: dict[str, Member], store: LoyaltyStore, program: Program
) -> list[Difference]:
    found = []
    for customer_id, rows in store.ledger(ids).items():
        change = Change(customer_id, members.get(customer_id), ())
        state = change.refold(program, [decode_fact(row["fact"]) for row in rows])
        fields = _differing(encode_state(state), change.member)
        if fields:
            found.append(Difference(change, state, fields))
    return found


def _differing(anew: dict[str, Any], member: Member | None) -> list[str]:
    if member is None:
        return ["member"]
    return [name for name, value in anew.items() if value != member["state"].get(name)]


def _version(member: Member | None) -> int:
    return member["version"] if member else 0


def _repair(
    different: list[Difference], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> None:
    written = [make_member(one.change, one.state, program, now) for one in different]
    moved = store.save(written)
    settled = [member for member in written if member["_id"] not in moved]
    settle(settled, store, publish)
    store.drop_pending(settled)

"""Rebuild: fold the ledger anew, and compare with the live members or put them right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact, encode_state, lacks
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.effects import reunite
from services.loyalty.family import closure
from services.loyalty.member import (
    Change,
    Member,
    alias_target,
    aliases_of,
    applied,
    is_erased,
)
from services.loyalty.store import LoyaltyStore
from wafa.contracts.times import format_time
from wafa.runtime.publisher import Publish


@dataclass(frozen=True, slots=True)
class Difference:
    """A customer whose ledger says something else than the member: the `fields` where it does."""

    change: Change
    fields: list[dict[str, Any]]


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

    Returns how many were `checked`, those that were `different` with the fields that differed
    (`{"field", "live", "ledger"}`, with the field `member` where there was none at all), and the `next` value
    of `after` (None at the end). With `repair`, these are written, published and announced, and so are those
    whom an older version wrote: what they lack is no difference.

    Aliases count with the customer whom they are another name of, the erased not at all.
    """
    members = store.page(after, limit)
    upto = members[-1]["_id"] if len(members) == limit else None
    found = {member["_id"]: member for member in members}
    standing = [one for one, member in found.items() if not (is_erased(member) or alias_target(member))]
    ids = [*standing, *sorted(store.ledger_customers(after, upto) - found.keys())]
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
        older = [one for one in standing if lacks(found[one].get("state"))]
        reunite({*older, *(one.change.customer_id for one in different)}, store, publish, program, now)
    return {
        "checked": len(ids),
        "different": [{"customer_id": one.change.customer_id, "fields": one.fields} for one in different],
        "next": upto,
    }


def _differences(
    ids: Iterable[str], members: dict[str, Member], store: LoyaltyStore, program: Program
) -> list[Difference]:
    aliases = closure(store, ids)
    changes = [Change(one, members.get(one), (), aliases[one]) for one in aliases]
    rows = store.ledger([customer_id for change in changes for customer_id in change.ids])
    found = []
    for change in changes:
        filed = [decode_fact(row["fact"]) for customer_id in change.ids for row in rows[customer_id]]
        of_aliases = [one for alias in aliases[change.customer_id] for one in alias["pending"]]
        state = change.refold(program, [*filed, *applied(of_aliases, change.ids)])
        fields = _differing(change, state)
        if fields:
            found.append(Difference(change, fields))
    return found


def _differing(change: Change, state: State) -> list[dict[str, Any]]:
    member = change.member
    if member is None or "state" not in member:
        never_bought = state.last is None
        return [] if member is not None and never_bought else [_field("member", None, "in the ledger")]
    anew = {**encode_state(state), "aliases": [alias["id"] for alias in change.aliases]}
    live = {**member["state"], "aliases": [alias["id"] for alias in aliases_of(member)]}
    return [_field(name, live[name], value) for name, value in anew.items() if value != live.get(name, value)]


def _field(name: str, live: Any, ledger: Any) -> dict[str, Any]:
    return {"field": name, "live": _as_json(live), "ledger": _as_json(ledger)}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return [_as_json(one) for one in value] if isinstance(value, list) else value


def _version(member: Member | None) -> int:
    return member["version"] if member else 0

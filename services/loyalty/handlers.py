"""What loyalty does with events, with time, and on command. The tables at the foot tell which is which."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from services.loyalty.domain.facts import Fact, Purchase, Redemption, Return
from services.loyalty.domain.money import NoExchangeRate, to_minor
from services.loyalty.domain.program import Program
from services.loyalty.effects import Change, Entry, apply, settle, write
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.errors import Problem
from wafa.contracts.times import parse_time
from wafa.runtime.policy import Reject
from wafa.runtime.publisher import Publish

# How long effects may be pending before the sweeper takes it that their worker has died: longer than a living
# one can hang on the database, and clocks may differ.
ABANDONED = timedelta(seconds=30)
AT_A_TIME = 500


def take_in(
    events: Sequence[Event], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> list[Reject]:
    """Bring recorded interactions into the ledger; return those that the program has no exchange rate for."""
    entries: list[Entry] = []
    refusals: list[Reject] = []
    for event in events:
        to_fact = FACTS.get(event["data"]["type"])
        if to_fact is None:
            continue
        try:
            fact = to_fact(event["data"], program)
        except NoExchangeRate as error:
            refusals.append(
                Reject(event, Problem("no_exchange_rate", "data.data.total.currency", str(error)))
            )
            continue
        entries.append(Entry(event["data"]["customer_id"], fact, event.get("correlationid")))
    settle(apply(entries, store, program, now), store, publish)
    return refusals


def redeem(
    customer_id: str,
    redemption_id: str,
    points: int,
    store: LoyaltyStore,
    publish: Publish,
    program: Program,
    now: datetime,
) -> None:
    """Spend points of a member; the same `redemption_id` of the same customer has an effect once.

    Raises:
        ValueError: `points` is not a positive whole number, or more than the member had when last seen.
    """
    if not isinstance(points, int) or isinstance(points, bool) or points <= 0:
        raise ValueError(f"points must be a positive whole number, not {points!r}")
    member = store.members([customer_id]).get(customer_id)
    key = derive_id(customer_id, f"redemption {redemption_id}")
    if not store.receipts([key]) and (member is None or member["snapshot"]["points"] < points):
        raise ValueError(f"the member has fewer than {points} points")
    settle(
        apply([Entry(customer_id, Redemption(key, now, points), None)], store, program, now), store, publish
    )


def wake(store: LoyaltyStore, publish: Publish, program: Program, now: datetime) -> int:
    """See members anew for whom something changed by itself by now; return how many there were, at most 500.

    A tier's hold has ended, points have expired, the next purchase is due. No more at a time, so that each
    has a fresh `now`: the sweeper passes by what is dated too far back.
    """
    members = store.waking(now, AT_A_TIME)
    _see_anew(members, store, publish, program, now)
    return len(members)


def sweep(store: LoyaltyStore, publish: Publish, now: datetime) -> int:
    """Settle what a dead worker left pending; return for how many members it had to.

    Each span of time is looked through once: what was pending in it is filed or settled then, for ever.
    """
    upto = now - ABANDONED
    settled = 0
    pending = store.pending_between(store.swept_upto(), upto)
    while members := list(islice(pending, AT_A_TIME)):
        keys = {one["key"]: member["_id"] for member in members for one in member["pending"]}
        receipts = store.receipts(keys)
        left = {customer_id for key, customer_id in keys.items() if key not in receipts}
        settled += len(left)
        _settle_left(left, store, publish)
    store.note_swept(upto)
    return settled


def _settle_left(customer_ids: set[str], store: LoyaltyStore, publish: Publish) -> None:
    members = store.members(customer_ids)
    receipts = store.receipts([one["key"] for member in members.values() for one in member["pending"]])
    left = [{**member, "pending": Change(key, member, receipts).unfiled} for key, member in members.items()]
    settle(left, store, publish)
    store.drop_pending(left)


def _see_anew(
    members: Sequence[dict[str, Any]], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> None:
    receipts = store.receipts([pending["key"] for member in members for pending in member["pending"]])
    # Members that move meanwhile are left out: whoever wrote them has seen them anew as well.
    seen = write(
        [Change(member["_id"], member, receipts) for member in members], store, program, now
    ).values()
    settle([*seen], store, publish)
    store.drop_pending([*seen])


def _about_purchase(fact: type[Purchase] | type[Return]) -> Callable[[dict[str, Any], Program], Fact]:
    def read(data: dict[str, Any], program: Program) -> Fact:
        purchase = f"{data['source']}|{data['data']['purchase_id']}"
        return fact(
            data["interaction_id"], parse_time(data["time"]), purchase, _amount(data["data"], program)
        )

    return read


def _amount(what: dict[str, Any], program: Program) -> int:
    return to_minor(Decimal(what["total"]["amount"]), what["total"]["currency"], program)


# Which recorded interactions are facts of the ledger; loyalty does nothing with the others.
FACTS: dict[str, Callable[[dict[str, Any], Program], Fact]] = {
    "purchase.completed.v1": _about_purchase(Purchase),
    "purchase.returned.v1": _about_purchase(Return),
}
HANDLERS = {"interaction.recorded.v1": take_in}

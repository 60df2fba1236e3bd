"""What loyalty does with events, with time, and on command. The tables at the foot tell which is which."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.loyalty.domain.facts import Fact, Grant, Purchase, Return
from services.loyalty.domain.money import NoExchangeRate, to_minor
from services.loyalty.domain.program import Program
from services.loyalty.effects import apply, settle, write
from services.loyalty.member import Change, Entry
from services.loyalty.merging import erase, repoint
from services.loyalty.receipt import lines_of
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem
from wafa.contracts.times import parse_time
from wafa.contracts.traces import traceparent_of
from wafa.runtime.policy import Reject, Verdict
from wafa.runtime.publisher import Publish

Handler = Callable[[Sequence[Event], LoyaltyStore, Publish, Program, datetime], list[Verdict]]
AT_A_TIME = 500


def take_in(
    events: Sequence[Event], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> list[Verdict]:
    """Bring a batch of events of any types to effect, type by type; return the verdicts on what had none."""
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event["type"], []).append(event)
    verdicts: list[Verdict] = []
    for kind in sorted(by_type, key=[*HANDLERS].index):
        verdicts += HANDLERS[kind](by_type[kind], store, publish, program, now)
    return verdicts


def record(
    events: Sequence[Event], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> list[Verdict]:
    """Bring recorded interactions into the ledger; refuse those that the program has no exchange rate for."""
    entries, refusals = entries_of(events, program)
    apply(entries, store, publish, program, now)
    return refusals


def entries_of(events: Sequence[Event], program: Program) -> tuple[list[Entry], list[Verdict]]:
    """Return what recorded interactions are in the ledger, and why some cannot be in it."""
    entries: list[Entry] = []
    refusals: list[Verdict] = []
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
        whose, correlation = event["data"]["customer_id"], event.get("correlationid")
        entries.append(Entry(whose, fact, correlation, traceparent_of(event)))
    return entries, refusals


def wake(store: LoyaltyStore, publish: Publish, program: Program, now: datetime) -> int:
    """See members anew for whom something changed by itself by now; return how many there were, at most 500.

    A tier's hold has ended, points have expired, the next purchase is due. No more at a time, so that each
    has a fresh `now`.
    """
    members = store.waking(now, AT_A_TIME)
    receipts = store.receipts([pending["key"] for member in members for pending in member["pending"]])
    # Members that move meanwhile are left out: whoever wrote them has seen them anew as well.
    seen = write([Change(one["_id"], one, receipts) for one in members], store, program, now)
    settle([*seen.values()], store, publish)
    return len(members)


def _about_purchase(fact: type[Purchase] | type[Return]) -> Callable[[dict[str, Any], Program], Fact]:
    def read(data: dict[str, Any], program: Program) -> Fact:
        what = data["data"]
        purchase = f"{data['source']}|{what['purchase_id']}"
        amount, lines = _amount(what, program), lines_of(what, program)
        return fact(data["interaction_id"], parse_time(data["time"]), purchase, amount, lines)

    return read


def _grant(data: dict[str, Any], program: Program) -> Fact:
    what = data["data"]
    grant = f"grant {data['source']}|{what['grant_id']}"
    return Grant(data["interaction_id"], parse_time(data["time"]), grant, what["points"], what["reason"])


def _amount(what: dict[str, Any], program: Program) -> int:
    return to_minor(Decimal(what["total"]["amount"]), what["total"]["currency"], program)


# Which recorded interactions are facts of the ledger; loyalty does nothing with the others.
FACTS: dict[str, Callable[[dict[str, Any], Program], Fact]] = {
    "purchase.completed.v1": _about_purchase(Purchase),
    "purchase.returned.v1": _about_purchase(Return),
    "points.granted.v1": _grant,
}
# What is done with each type of event; of those in one batch, the first in this order come first.
HANDLERS: dict[str, Handler] = {
    "customer.erased.v1": erase,
    "customer.unmerged.v1": repoint,
    "customer.merged.v1": repoint,
    "interaction.recorded.v1": record,
}

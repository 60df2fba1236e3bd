"""Points are spent: once for each redemption, and not more than there were."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.facts import Fact, Redemption
from services.loyalty.domain.program import Program
from services.loyalty.effects import folded, reunite, settle
from services.loyalty.family import find
from services.loyalty.member import Change, Entry, Member, aliases_of, applied, is_erased
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import derive_id
from wafa.runtime.arguments import check_texts
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.publisher import Publish


def redeem(
    customer_id: str,
    redemption_id: str,
    points: int,
    store: LoyaltyStore,
    publish: Publish,
    program: Program,
    now: datetime,
) -> dict[str, Any] | None:
    """Spend points of a member; the same `redemption_id` of the same person has an effect once.

    Returns None, or `{"error": {"reason", "path", "message"}}`, and then nothing was spent: `unknown_member`,
    `customer_erased`, `too_few_points` (as of `now`), `other_points` (this redemption was made already, of
    another number of points).

    What speaks for it is looked at again whenever the member has moved before it was written: of those who
    ask at the same moment for what is there once, one gets it.

    Raises:
        InvalidArgument: an argument is of another type than its own, or `points` is not positive.
    """
    _check(customer_id, redemption_id, points)
    while True:
        family = find(store, [customer_id])
        root = family.root(customer_id)
        member = family.members.get(root)
        if member is None or is_erased(member) or "snapshot" not in member:
            return _no_member(customer_id, member)
        # Somebody may ask again under another of the person's ids.
        ids = {customer_id, root, *(alias["id"] for alias in aliases_of(member))}
        keys = {id: derive_id(id, f"redemption {redemption_id}") for id in ids}
        if made := _made(member, ids, set(keys.values()), store):
            return None if made.points == points else _other_points(redemption_id, made)
        change = Change(root, member, store.receipts([one["key"] for one in member["pending"]]))
        if customer_id not in change.ids:
            reunite([customer_id], store, publish, program, now)
            continue
        change.add([Entry(customer_id, Redemption(keys[customer_id], now, points), None)], ())
        [after] = folded([change], store, program, now)
        if (left := after["snapshot"]["points"]) < 0:
            return _refusal("too_few_points", "points", f"the member has {left + points} points")
        if not store.save([after]):
            settle([after], store, publish)
            return None


def _made(member: Member, ids: set[str], keys: set[str], store: LoyaltyStore) -> Redemption | None:
    # What was read as pending may be filed by now, and never the other way round.
    facts: list[Fact] = [*applied(member["pending"], ids), *map(_fact, store.filed(keys))]
    return next((one for one in facts if isinstance(one, Redemption) and one.key in keys), None)


def _fact(row: dict[str, Any]) -> Fact:
    return decode_fact(row["fact"])


def _check(customer_id: object, redemption_id: object, points: object) -> None:
    check_texts(customer_id=customer_id, redemption_id=redemption_id)
    if not isinstance(points, int) or isinstance(points, bool) or points <= 0:
        raise InvalidArgument("points", f"must be a positive whole number, not {points!r}")


def _no_member(customer_id: str, member: Member | None) -> dict[str, Any]:
    if is_erased(member):
        return _refusal("customer_erased", "", f"the customer {customer_id} was erased")
    return _refusal("unknown_member", "", f"no member has the id {customer_id}: nothing was ever bought")


def _other_points(redemption_id: str, made: Redemption) -> dict[str, Any]:
    message = f"the redemption {redemption_id} was made already, of {made.points} points"
    return _refusal("other_points", "points", message)


def _refusal(reason: str, path: str, message: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "path": path, "message": message}}

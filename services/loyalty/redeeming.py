"""Points are spent: once for each redemption, and not more than there were."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.facts import Fact, Redemption
from services.loyalty.domain.program import Program
from services.loyalty.effects import apply
from services.loyalty.family import find
from services.loyalty.member import Entry, Member, aliases_of, applied, is_erased
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import derive_id
from wafa.contracts.validators import kind_of
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
    `customer_erased`, `too_few_points` (by what the member had when last seen), `other_points` (this
    redemption was made already, of another number of points).

    Raises:
        ValueError: an argument is of another type than its own, or `points` is not positive.
    """
    _check(customer_id, redemption_id, points)
    family = find(store, [customer_id])
    root = family.root(customer_id)
    member = family.members.get(root)
    if is_erased(member):
        return _refusal("customer_erased", "", f"the customer {customer_id} was erased")
    if member is None or "snapshot" not in member:
        return _refusal("unknown_member", "", f"no member has the id {customer_id}: nothing was ever bought")
    # Somebody may ask again under another of the person's ids.
    ids = {customer_id, root, *(alias["id"] for alias in aliases_of(member))}
    keys = {id: derive_id(id, f"redemption {redemption_id}") for id in ids}
    if made := _made(member, ids, set(keys.values()), store):
        if made.points == points:
            return None
        message = f"the redemption {redemption_id} was made already, of {made.points} points"
        return _refusal("other_points", "points", message)
    if (has := member["snapshot"]["points"]) < points:
        return _refusal("too_few_points", "points", f"the member has {has} points")
    apply(
        [Entry(customer_id, Redemption(keys[customer_id], now, points), None)], store, publish, program, now
    )
    return None


def _made(member: Member, ids: set[str], keys: set[str], store: LoyaltyStore) -> Redemption | None:
    # What was read as pending may be filed by now, and never the other way round.
    facts: list[Fact] = [*applied(member["pending"], ids), *map(_fact, store.filed(keys))]
    return next((one for one in facts if isinstance(one, Redemption) and one.key in keys), None)


def _fact(row: dict[str, Any]) -> Fact:
    return decode_fact(row["fact"])


def _check(customer_id: object, redemption_id: object, points: object) -> None:
    for name, value in (("customer_id", customer_id), ("redemption_id", redemption_id)):
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a string, not {kind_of(value)}")
    if not isinstance(points, int) or isinstance(points, bool) or points <= 0:
        raise ValueError(f"points must be a positive whole number, not {points!r}")


def _refusal(reason: str, path: str, message: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "path": path, "message": message}}

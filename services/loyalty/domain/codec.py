"""States, facts and what was announced, as plain dicts of what MongoDB keeps without loss.

Only ints, strings, aware datetimes to the millisecond, lists and None. Days are ordinals. Where a part comes
once per purchase it is a list in the order of its fields, not a dict: a state is read and written with every
batch. Names and orders are on disk: to change one, raise `_FOLD` in `program` and rebuild.
"""

from typing import Any

from services.loyalty.domain.errors import Older
from services.loyalty.domain.facts import Fact, Grant, Line, Purchase, Redemption, Return
from services.loyalty.domain.outcomes import Announced
from services.loyalty.domain.outlook.trail import Trail
from services.loyalty.domain.points import Lot, Totals
from services.loyalty.domain.state import State, Waiting
from services.loyalty.domain.tiers import Bucket, Cause, Standing

Document = dict[str, Any]

#: What states had not from the beginning.
_ADDED = ("trail",)


def encode_state(state: State) -> Document:
    """Return the state as a document."""
    return {
        "program": state.program,
        "last": list(state.last) if state.last else None,
        "day": state.day,
        "standing": list(state.standing),
        "tier_since": state.tier_since,
        "tier_cause": state.tier_cause.value if state.tier_cause else None,
        "buckets": list(map(list, state.buckets)),
        "lots": list(map(list, state.lots)),
        "debt": state.debt,
        "totals": list(state.totals),
        "spend": state.spend,
        "purchase_count": state.purchase_count,
        "purchase_days": state.purchase_days,
        "first_purchase_at": state.first_purchase_at,
        "last_purchase_at": state.last_purchase_at,
        "recognized_at": state.recognized_at,
        "waiting": list(map(list, state.waiting)),
        "trail": _encode_trail(state.trail),
    }


def decode_state(document: Document) -> State:
    """Return the state that `encode_state` made a document of; other fields in it are left alone.

    Raises:
        Older: a version of Wafa wrote it that kept less.
    """
    if missing := lacks(document):
        raise Older(missing)
    time_and_key, cause = document["last"], document["tier_cause"]
    return State(
        program=document["program"],
        last=(time_and_key[0], time_and_key[1]) if time_and_key else None,
        day=document["day"],
        standing=Standing(*document["standing"]),
        tier_since=document["tier_since"],
        tier_cause=Cause(cause) if cause else None,
        buckets=tuple(map(Bucket._make, document["buckets"])),
        lots=tuple(map(Lot._make, document["lots"])),
        debt=document["debt"],
        totals=Totals(*document["totals"]),
        spend=document["spend"],
        purchase_count=document["purchase_count"],
        purchase_days=document["purchase_days"],
        first_purchase_at=document["first_purchase_at"],
        last_purchase_at=document["last_purchase_at"],
        recognized_at=document["recognized_at"],
        waiting=tuple(map(Waiting._make, document["waiting"])),
        trail=_decode_trail(document["trail"]),
    )


def lacks(state: Document | None) -> str | None:
    """Return the field of a state's document that it lacks, because an older version of Wafa wrote it."""
    return next((name for name in _ADDED if state and name not in state), None)


def encode_announced(announced: Announced) -> Document:
    """Return what was announced as a document."""
    return {
        "tier": announced.tier,
        "as_of": announced.as_of,
        "recognized": announced.recognized,
        "due_for": announced.due_for,
        "risk_for": announced.risk_for,
    }


def decode_announced(document: Document) -> Announced:
    """Return what `encode_announced` made a document of."""
    tier, as_of, recognized = document["tier"], document["as_of"], document["recognized"]
    # Older versions told nobody of risks.
    return Announced(tier, as_of, recognized, document["due_for"], document.get("risk_for"))


def encode_fact(fact: Fact) -> Document:
    """Return the fact as a document; `kind` tells which it is."""
    match fact:
        case Purchase(key, time, purchase, amount, lines):
            about = {"purchase": purchase, "amount": amount, **_encode_lines(lines)}
            return {"kind": "purchase", "key": key, "time": time, **about}
        case Return(key, time, purchase, amount, lines):
            about = {"purchase": purchase, "amount": amount, **_encode_lines(lines)}
            return {"kind": "return", "key": key, "time": time, **about}
        case Redemption(key, time, points):
            return {"kind": "redemption", "key": key, "time": time, "points": points}
        case Grant(key, time, grant, points, reason):
            about = {"grant": grant, "points": points, "reason": reason}
            return {"kind": "grant", "key": key, "time": time, **about}


def decode_fact(document: Document) -> Fact:
    """Return the fact that `encode_fact` made a document of.

    Raises:
        ValueError: the kind is none that the ledger has.
    """
    key, time = document["key"], document["time"]
    match document["kind"]:
        case "purchase":
            return Purchase(key, time, document["purchase"], document["amount"], decode_lines(document))
        case "return":
            return Return(key, time, document["purchase"], document["amount"], decode_lines(document))
        case "redemption":
            return Redemption(key, time, document["points"])
        case "grant":
            return Grant(key, time, document["grant"], document["points"], document["reason"])
        case kind:
            raise ValueError(f"no kind of fact: {kind!r}")


def decode_lines(document: Document) -> tuple[Line, ...]:
    """Return what was on the receipt, by the document of a fact; nothing where it was filed without."""
    lines = document.get("lines")
    if not lines:
        return ()
    names = document.get("names")
    if not isinstance(names, list):  # There were none, or they were forgotten.
        names = [None] * len(lines)
    return tuple([Line._make([*line, name]) for line, name in zip(lines, names, strict=True)])


def _encode_trail(trail: Trail | None) -> list[Any] | None:
    return [trail.first, trail.last, trail.days, [*trail.recent], trail.spend] if trail else None


def _decode_trail(stored: list[Any] | None) -> Trail | None:
    if stored is None:
        return None
    first, last, days, recent, spend = stored
    return Trail(first, last, days, tuple(recent), spend)


def _encode_lines(lines: tuple[Line, ...]) -> Document:
    """Return `lines`, and apart from them their `names`, so that these can be forgotten by themselves."""
    if not lines:
        return {}
    document: Document = {"lines": [[*line[:-1]] for line in lines]}
    if any(line.name for line in lines):
        document["names"] = [line.name for line in lines]
    return document

"""What others may ask about segments: which there are, how many customers one has, and who some of them are.

A rule that cannot be understood is answered with `{"error": {"path", "message"}}`, because whoever wrote it
is to mend it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any

from services.notifications.audience.segment_query import query
from services.notifications.domain.audience import Entry
from services.notifications.domain.predefined import PREDEFINED
from services.notifications.domain.segment import Rule, RuleError, parse, plain
from services.notifications.domain.traits import FIELDS, THOUSAND, Kind, traits_of
from services.notifications.store import NotificationsStore
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_whole

MOST = 200

Answer = dict[str, Any]


def _with_error(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    @wraps(ask)
    def answer(*args: Any, **kwargs: Any) -> Answer:
        try:
            return ask(*args, **kwargs)
        except RuleError as error:
            return {"error": {"path": error.path, "message": error.message}}

    return answer


def segments() -> Answer:
    """Return the predefined segments and the traits that rules may name."""
    return {
        "segments": [
            {"name": name, "title": {**one.title}, "about": {**one.about}, "rule": plain(parse(one.rule))}
            for name, one in PREDEFINED.items()
        ],
        "fields": [{"name": name, "kind": str(one.kind), "about": one.about} for name, one in FIELDS.items()],
    }


@_with_error
def segment_count(store: NotificationsStore, rule: object, now: datetime) -> Answer:
    """Return `{"count", "rule"}`: how many customers are in a segment now, and how its rule was understood.

    `rule` is a rule as JSON content, or the name of a predefined segment.
    """
    understood = rule_of(rule)
    return {"count": store.count(query(understood, now)), "rule": plain(understood)}


@_with_error
def segment_sample(store: NotificationsStore, rule: object, limit: int, now: datetime) -> Answer:
    """Return `{"customers", "rule"}`: some customers of a segment with their traits, the same each time.

    At most 200 come at a time.
    """
    check_whole(limit=limit)
    understood = rule_of(rule)
    found = store.sample(query(understood, now), max(1, min(limit, MOST)))
    return {"customers": [_customer(entry) for entry in found], "rule": plain(understood)}


def rule_of(content: object) -> Rule:
    """Return the rule that a caller gives: the name of a predefined segment, or the rule itself.

    Raises:
        RuleError: it is neither.
    """
    return parse({"segment": content} if isinstance(content, str) else content)


def _customer(entry: Entry) -> Answer:
    traits = traits_of(entry)
    name = entry.profile.name if entry.profile else None
    return {
        "customer_id": entry.customer_id,
        "name": name,
        "traits": {name: _plain(FIELDS[name].kind, traits[name]) for name in FIELDS if name in traits},
    }


def _plain(kind: Kind, value: Any) -> Any:
    """Return a trait as JSON content, in the form in which rules write it."""
    plainer: Mapping[Kind, Callable[[Any], Any]] = {
        Kind.MOMENT: format_time,
        Kind.MONEY: lambda thousandths: format(Decimal(thousandths) / THOUSAND, "f"),
    }
    return plainer.get(kind, lambda same: same)(value)

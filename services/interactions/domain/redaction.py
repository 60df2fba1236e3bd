"""What stays of an interaction when its customer is erased: figures and words of a fixed vocabulary.

An allow-list for each type, so that whatever a publisher adds, today or later, is forgotten. Not on it are
free text, whoever served the customer, and every id that another system gave, because that system can still
say whose it is.
"""

from collections.abc import Mapping
from typing import Any

# For each field its own fields; `None` where the value is a plain one.
Allowed = Mapping[str, "Allowed | None"]

_MONEY: Allowed = {"amount": None, "currency": None}
_LINE: Allowed = {"sku": None, "category": None, "quantity": None, "unit_price": _MONEY}
_PURCHASE: Allowed = {"total": _MONEY, "lines": _LINE}
_COMPLAINT: Allowed = {"severity": None}

ALLOWED: Mapping[str, Allowed] = {
    "purchase.completed.v1": _PURCHASE,
    "purchase.returned.v1": _PURCHASE,
    "contact.logged.v1": {"kind": None, "direction": None, "purpose": None, "duration_seconds": None},
    "complaint.opened.v1": _COMPLAINT,
    "complaint.resolved.v1": _COMPLAINT,
    "complaint.reopened.v1": _COMPLAINT,
    "feedback.given.v1": {"kind": None, "score": None, "scale_max": None},
    "service.progressed.v1": {"eta": None, "expected_cost": _MONEY},
    "points.granted.v1": {"points": None},
}


def without_person(type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may stay of an event's data; nothing of a type that is not known here."""
    return _allowed(data, ALLOWED.get(type, {}))


def _allowed(value: Mapping[str, Any], allowed: Allowed) -> dict[str, Any]:
    return {
        name: _part(value[name], fields)
        for name, fields in allowed.items()
        if name in value and _fits(value[name], fields)
    }


def _part(value: Any, fields: Allowed | None) -> Any:
    if fields is None:
        return value
    if isinstance(value, list):
        return [_allowed(one, fields) for one in value if isinstance(one, dict)]
    return _allowed(value, fields)


def _fits(value: Any, fields: Allowed | None) -> bool:
    return isinstance(value, dict | list) is (fields is not None)

"""The arguments of a new key, checked. Whatever is wrong is an `InvalidArgument`."""

from collections.abc import Iterable

from services.gateway.domain.key import fits
from services.gateway.domain.scopes import ROLES, SCOPES
from wafa.contracts.catalogue import INBOUND
from wafa.runtime.errors import InvalidArgument

MOST_PATTERNS = 100


def checked_scopes(names: Iterable[str]) -> frozenset[str]:
    """Return the scopes that these names of scopes and roles stand for."""
    wanted = [one for name in _texts("scopes", names) for one in ROLES.get(name, (name,))]
    if unknown := sorted({*wanted} - SCOPES.keys()):
        roles, scopes = ", ".join(ROLES), ", ".join(SCOPES)
        told = f"must be known: there is no {', '.join(unknown)}; roles are {roles}; scopes are {scopes}"
        raise InvalidArgument("scopes", told)
    if not wanted:
        raise InvalidArgument("scopes", "must name at least one; or a role: " + ", ".join(ROLES))
    return frozenset(wanted)


def checked_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of event types, each of which fits one that may be published."""
    wanted = checked_patterns("types", names)
    if unknown := [one for one in wanted if not any(fits(type, [one]) for type in INBOUND)]:
        told = f"must be known: no event is of type {', '.join(unknown)}; types are {', '.join(INBOUND)}"
        raise InvalidArgument("types", told)
    return wanted


def checked_patterns(field: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return names, or beginnings of names with a `*` behind."""
    wanted = tuple(_texts(field, names))
    if wrong := [one for one in wanted if not 1 <= len(one) <= 200 or "*" in one[:-1]]:
        raise InvalidArgument(field, f"must be names, or beginnings with a * behind, not {wrong[0]!r}")
    if len(wanted) > MOST_PATTERNS:
        raise InvalidArgument(field, f"must be at most {MOST_PATTERNS}")
    return wanted


def _texts(field: str, names: Iterable[str]) -> list[str]:
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) for one in names):
        raise InvalidArgument(field, "must be an array of names")
    return [*names]


def check_count(field: str, value: object, most: int) -> None:
    """Make sure that a value is a whole number from 1 on."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise InvalidArgument(field, f"must be a whole number from 1 to {most}")


def check_span(field: str, value: object, most: int, *, zero: bool = False) -> None:
    """Make sure that a value is a number of hours or days; `zero`: that will do, too."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    if not fine or (value == 0 and not zero):
        raise InvalidArgument(field, f"must be a number {'from' if zero else 'above'} 0, up to {most}")

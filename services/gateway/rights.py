"""The arguments of a new key, checked. Whatever is wrong is a ValueError that names the field."""

from collections.abc import Iterable

from services.gateway.domain.key import fits
from services.gateway.domain.scopes import ROLES, SCOPES
from wafa.contracts.catalogue import INBOUND

MOST_PATTERNS = 100


def checked_scopes(names: Iterable[str]) -> frozenset[str]:
    """Return the scopes that these names of scopes and roles stand for."""
    wanted = [one for name in _texts("scopes", names) for one in ROLES.get(name, (name,))]
    if unknown := sorted({*wanted} - SCOPES.keys()):
        roles, scopes = ", ".join(ROLES), ", ".join(SCOPES)
        raise ValueError(f"scopes: there is no {', '.join(unknown)}; roles are {roles}; scopes are {scopes}")
    if not wanted:
        raise ValueError("scopes must name at least one; or a role: " + ", ".join(ROLES))
    return frozenset(wanted)


def checked_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of event types, each of which fits one that may be published."""
    wanted = checked_patterns("types", names)
    if unknown := [one for one in wanted if not any(fits(type, [one]) for type in INBOUND)]:
        raise ValueError(f"types: no event is of type {', '.join(unknown)}; types are {', '.join(INBOUND)}")
    return wanted


def checked_patterns(field: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return names, or beginnings of names with a `*` behind."""
    wanted = tuple(_texts(field, names))
    if wrong := [one for one in wanted if not 1 <= len(one) <= 200 or "*" in one[:-1]]:
        raise ValueError(f"{field}: {wrong[0]!r} is no name, and no beginning with a * behind")
    if len(wanted) > MOST_PATTERNS:
        raise ValueError(f"{field}: at most {MOST_PATTERNS}")
    return wanted


def _texts(field: str, names: Iterable[str]) -> list[str]:
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) for one in names):
        raise ValueError(f"{field} must be an array of names")
    return [*names]


def check_number(field: str, value: object, most: int, *, least: float = 1, whole: bool = False) -> None:
    """Make sure that a value is a number from the least to the most."""
    kinds = (int,) if whole else (int, float)
    least = least if whole or least == 0 else 1 / 86_400
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
        what = "a whole number" if whole else "a number"
        raise ValueError(f"{field} must be {what} {'from 1' if whole else 'from 0'} to {most}")

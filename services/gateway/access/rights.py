"""What a new key is to be, checked. Whatever is wrong is an `InvalidArgument`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.gateway.domain.key import Key, fits
from services.gateway.domain.scopes import ROLES, SCOPES
from wafa.contracts.catalogue import INBOUND
from wafa.runtime.errors import InvalidArgument

PER_MINUTE = 6_000
MOST_PER_MINUTE = 1_000_000
LONGEST_NAME = 100
MOST_PATTERNS = 100
MOST_DAYS = 3_650


def key_wanted(
    name: str,
    scopes: Iterable[str],
    now: datetime,
    *,
    sources: Iterable[str] = (),
    types: Iterable[str] = (),
    per_minute: int = PER_MINUTE,
    days: float | None = None,
) -> Key:
    """Return a key as it is to be, still without prefix and secret.

    Args:
        name: who holds it.
        scopes: what it may do; the name of a role stands for the scopes of that.
        now: when it is made.
        sources: what its events may come from (`/shop/*`); none: anything.
        types: which events it may publish; none: any.
        per_minute: requests.
        days: until it expires; None: never.
    """
    if not (isinstance(name, str) and 1 <= len(name.strip()) <= LONGEST_NAME):
        raise InvalidArgument("name", f"must have 1 to {LONGEST_NAME} characters")
    _check_count("per_minute", per_minute, MOST_PER_MINUTE)
    if days is not None:
        check_span("days", days, MOST_DAYS)
    return Key(
        prefix="",
        name=name.strip(),
        digest="",
        scopes=_checked_scopes(scopes),
        per_minute=per_minute,
        created_at=now,
        sources=_checked_patterns("sources", sources),
        types=_checked_types(types),
        expires_at=None if days is None else now + timedelta(days=days),
    )


def check_span(field: str, value: object, most: int, *, zero: bool = False) -> None:
    """Make sure that a value is a number of hours or days; `zero`: that will do, too."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    if not fine or (value == 0 and not zero):
        raise InvalidArgument(field, f"must be a number {'from' if zero else 'above'} 0, up to {most}")


def _checked_scopes(names: Iterable[str]) -> frozenset[str]:
    """Return the scopes that these names of scopes and roles stand for."""
    wanted = [one for name in _texts("scopes", names) for one in ROLES.get(name, (name,))]
    if unknown := sorted({*wanted} - SCOPES.keys()):
        roles, scopes = ", ".join(ROLES), ", ".join(SCOPES)
        told = f"must be known: there is no {', '.join(unknown)}; roles are {roles}; scopes are {scopes}"
        raise InvalidArgument("scopes", told)
    if not wanted:
        raise InvalidArgument("scopes", "must name at least one; or a role: " + ", ".join(ROLES))
    return frozenset(wanted)


def _checked_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of event types, each of which fits one that may be published."""
    wanted = _checked_patterns("types", names)
    if unknown := [one for one in wanted if not any(fits(type, [one]) for type in INBOUND)]:
        told = f"must be known: no event is of type {', '.join(unknown)}; types are {', '.join(INBOUND)}"
        raise InvalidArgument("types", told)
    return wanted


def _checked_patterns(field: str, names: Iterable[str]) -> tuple[str, ...]:
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


def _check_count(field: str, value: object, most: int) -> None:
    """Make sure that a value is a whole number from 1 on."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise InvalidArgument(field, f"must be a whole number from 1 to {most}")

"""People make keys, look at them, replace and revoke them. The secret is shown once, and kept nowhere."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from services.gateway.domain.key import Key, digest, token
from services.gateway.domain.scopes import ROLES, SCOPES
from services.gateway.store import GatewayStore
from wafa.contracts.times import format_time

PER_MINUTE = 6_000
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
LONGEST_NAME = 100


class Keys:
    """The commands as of `now`."""

    def __init__(self, store: GatewayStore, now: datetime) -> None:
        self._store = store
        self._now = now

    def create(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        sources: Iterable[str] = (),
        types: Iterable[str] = (),
        per_minute: int = PER_MINUTE,
        days: float | None = None,
    ) -> dict[str, Any]:
        """Make a key and return it with its `token`, which nobody can read again.

        Args:
            name: who holds it.
            scopes: what it may do; the name of a role stands for the scopes of that.
            sources: what its events may come from (`shop/*`); none: anything.
            types: which events it may publish; none: any.
            per_minute: requests.
            days: until it expires; None: never.

        Raises:
            ValueError: an argument is not as it should be; the message names it.
        """
        if not (isinstance(name, str) and 1 <= len(name.strip()) <= LONGEST_NAME):
            raise ValueError(f"name must have 1 to {LONGEST_NAME} characters")
        if (
            not isinstance(per_minute, int)
            or isinstance(per_minute, bool)
            or not 1 <= per_minute <= 1_000_000
        ):
            raise ValueError("per_minute must be a whole number from 1 to 1000000")
        expires = None if days is None else self._now + timedelta(days=days)
        return self._keep(name.strip(), _scopes(scopes), tuple(sources), tuple(types), per_minute, expires)

    def _keep(
        self,
        name: str,
        scopes: frozenset[str],
        sources: tuple[str, ...],
        types: tuple[str, ...],
        per_minute: int,
        expires: datetime | None,
    ) -> dict[str, Any]:
        while True:
            prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
            secret = secrets.token_urlsafe(32)
            key = Key(prefix, name, digest(secret), scopes, per_minute, self._now, sources, types, expires)
            if self._store.add_key(key):
                return {**shown(key), "token": token(prefix, secret)}


def shown(key: Key) -> dict[str, Any]:
    """Return a key as JSON, without anything secret."""
    ends = {"expires_at": key.expires_at, "revoked_at": key.revoked_at}
    return {
        "prefix": key.prefix,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "sources": [*key.sources],
        "types": [*key.types],
        "per_minute": key.per_minute,
        "created_at": format_time(key.created_at),
        **{name: format_time(at) for name, at in ends.items() if at is not None},
    }


def _scopes(names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str) or not all(isinstance(one, str) for one in names):
        raise ValueError("scopes must be an array of names")
    wanted = [one for name in names for one in ROLES.get(name, (name,))]
    if unknown := sorted({*wanted} - SCOPES.keys()):
        raise ValueError(f"scopes: there is no {', '.join(unknown)}; scopes are {', '.join(SCOPES)}")
    if not wanted:
        raise ValueError("scopes must name at least one; or a role: " + ", ".join(ROLES))
    return frozenset(wanted)

"""People make keys, look at them, replace and revoke them. The secret is shown once, and kept nowhere.

Every command is taken down in the audit log before it has its effect, and once more when it has had it.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog

from services.gateway.access.rights import MOST_DAYS, check_span, key_wanted
from services.gateway.audit.log import Audit, Who
from services.gateway.domain.key import Key, digest, token
from wafa.contracts.times import format_time
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

OVERLAP_HOURS = 24.0
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Records(Protocol):
    """Where keys are kept."""

    def add_key(self, key: Key) -> bool:
        """Keep a new key; tell whether its prefix was free."""

    def key(self, prefix: str) -> Key | None:
        """Return a key."""

    def keys(self) -> list[Key]:
        """Return all keys, the newest first."""

    def end_key(self, prefix: str, field: str, at: datetime) -> None:
        """Let a key end at a moment, if it does not earlier."""


class Unknown(Exception):
    """There is no key of that prefix, or none with which that can be done; the message says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Keys:
    """The commands as of `now`; `by` is who gives them, as they say themselves."""

    def __init__(self, store: Records, audit: Audit, now: datetime, by: str = "") -> None:
        self._store = store
        self._audit = audit
        self._now = now
        self._by = Who(None, f"command: {by}" if by else "command")

    def create(self, name: str, scopes: Iterable[str], **limits: Any) -> dict[str, Any]:
        """Make a key and return it with its `token`, which nobody can read again; arguments as `key_wanted`.

        Raises:
            InvalidArgument: an argument is not as it should be.
        """
        return self._keep("keys.create", key_wanted(name, scopes, self._now, **limits), {})

    def listed(self) -> list[dict[str, Any]]:
        """Return all keys, the newest first."""
        return [shown(key, self._now) for key in self._store.keys()]  # noqa: SIM118

    def show(self, prefix: str) -> dict[str, Any]:
        """Return a key.

        Raises:
            Unknown: there is none.
        """
        return shown(self._known(prefix), self._now)

    def revoke(self, prefix: str) -> dict[str, Any]:
        """Let a key count no more, and return it; it is refused everywhere within a minute.

        Raises:
            Unknown: there is none.
        """
        key = self._known(prefix)
        self._taken_down(
            "keys.revoke",
            {"prefix": key.prefix},
            lambda: self._store.end_key(key.prefix, "revoked_at", self._now),
        )
        return self.show(prefix)

    def rotate(self, prefix: str, overlap_hours: float = OVERLAP_HOURS) -> dict[str, Any]:
        """Make a key with the same rights and for the same term; the old one expires after the overlap.

        What was subscribed with the old one goes on with the new one.

        Returns the new one, with its `token` and what it `replaces`.

        Raises:
            Unknown: there is none, or it counts no more.
            InvalidArgument: the overlap is no number of hours.
        """
        check_span("overlap_hours", overlap_hours, MOST_DAYS * 24, zero=True)
        old = self._known(prefix)
        if (state := old.state(self._now)) != "active":
            raise Unknown(f"key_{state}", f"the key {prefix} is {state}: make a new one, `wafa keys create`")
        term = old.term()
        wanted = replace(
            old,
            created_at=self._now,
            expires_at=None if term is None else self._now + term,
            last_used_at=None,
            replaces=old.prefix,
        )
        ends = self._now + timedelta(hours=overlap_hours)
        made = self._keep(
            "keys.rotate",
            wanted,
            {"replaces": old.prefix},
            then=lambda: self._store.end_key(old.prefix, "expires_at", ends),
        )
        return {**made, "replaces": self.show(old.prefix)}

    def _known(self, prefix: str) -> Key:
        key = self._store.key(prefix) if isinstance(prefix, str) else None
        if key is None:
            raise Unknown("unknown_key", f"there is no key {prefix}: `wafa keys list` shows all of them")
        return key

    def _keep(
        self, command: str, wanted: Key, arguments: Mapping[str, str], then: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        secret = secrets.token_urlsafe(32)
        kept = False
        while not kept:
            prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
            key = replace(wanted, prefix=prefix, digest=digest(secret))
            kept = self._taken_down(command, {"prefix": prefix, **arguments}, partial(self._add, key, then))
        return {**shown(key, self._now), "token": token(prefix, secret)}

    def _add(self, key: Key, then: Callable[[], None]) -> bool:
        if not self._store.add_key(key):
            return False
        then()
        return True

    def _taken_down(self, command: str, arguments: Mapping[str, str], do: Callable[[], Any]) -> Any:
        asked = self._audit.asked(self._by, command, arguments)
        done = do()
        self._audit.answered(asked, self._by, command, 200, {})
        try:
            self._audit.flush()
        except Exception as error:
            if not is_transient(error):
                raise
            # It is done, and whoever asked must hear of it: the token is told once.
            log.warning("not taken down that it was done", command=command, asked=asked)
        return done


def shown(key: Key, now: datetime) -> dict[str, Any]:
    """Return a key as JSON, without anything secret."""
    ends = {"expires_at": key.expires_at, "revoked_at": key.revoked_at}
    return {
        "prefix": key.prefix,
        "name": key.name,
        "state": key.state(now),
        "scopes": sorted(key.scopes),
        "sources": [*key.sources],
        "types": [*key.types],
        "per_minute": key.per_minute,
        "created_at": format_time(key.created_at),
        **{name: format_time(at) for name, at in ends.items() if at is not None},
        **({} if key.last_used_at is None else {"last_used_on": key.last_used_at.date().isoformat()}),
    }

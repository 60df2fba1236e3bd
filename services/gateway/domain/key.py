"""API keys: what one looks like, when it counts, and what it may do.

    wafa_k3x9v2q7_Zk1...           wafa, a public prefix by which it is known, the secret

Only a digest of the secret is kept. It is random and long, so a plain SHA-256 is enough: what makes a
password's digest slow guards against guessing, and there is nothing to guess here.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_TOKEN = re.compile(r"wafa_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept. `sources` and `types` say which events it may publish; none given: any.

    They are whole names, or beginnings with a `*` behind. `per_minute` is how many requests it may make.
    `replaces` is the prefix of the key in whose place it was made.
    """

    prefix: str
    name: str
    digest: str
    scopes: frozenset[str]
    per_minute: int
    created_at: datetime
    sources: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    replaces: str | None = None

    def opens(self, secret: str) -> bool:
        """Tell whether this is its secret. Digests are compared: how long that takes tells nothing."""
        return digest(secret) == self.digest

    def counts(self, now: datetime) -> bool:
        """Tell whether it may be used: neither revoked nor expired."""
        return self.state(now) == "active"

    def state(self, now: datetime) -> str:
        """Return `active`, `expired` or `revoked`. It counts no longer from the very moment that it ends."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"

    def term(self) -> timedelta | None:
        """Return for how long it was made, None: for good."""
        return None if self.expires_at is None else self.expires_at - self.created_at

    def may_publish(self, source: str, type: str) -> bool:
        """Tell whether events of this type may come from this source with it."""
        return fits(source, self.sources) and fits(type, self.types)


def standing(keys: Iterable[Key], now: datetime) -> frozenset[str]:
    """Return the prefixes by whose right something still happens: of keys that count, and what they replace.

    What a key has begun goes on with the one that was made in its place, from one to the next.
    """
    replaced = {key.prefix: (key.replaces, key.counts(now)) for key in keys}
    found: set[str] = set()
    for prefix in (one for one, (_, counts) in replaced.items() if counts):
        place: str | None = prefix
        while place is not None and place not in found:
            found.add(place)
            place, _ = replaced.get(place, (None, False))
    return frozenset(found)


def token(prefix: str, secret: str) -> str:
    """Return the text that its holder sends."""
    return f"wafa_{prefix}_{secret}"


def parse(text: str) -> tuple[str, str] | None:
    """Return prefix and secret of a token, `None` if it looks like none."""
    found = _TOKEN.fullmatch(text)
    return (found[1], found[2]) if found else None


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name is one of these, or begins like one that has a `*` behind; none fit all."""
    patterns = tuple(patterns)
    return not patterns or any(
        name.startswith(one.removesuffix("*")) if one.endswith("*") else name == one for one in patterns
    )

"""A subscription: which events go where, signed with what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

#: Subscriptions that there may be: each one is looked after all the time.
MOST = 100
#: For how long an old secret signs beside the one that replaced it.
OVERLAP = timedelta(hours=24)
#: Secrets that sign at the same time; whoever rotates again ends the oldest.
MOST_SECRETS = 3


class Flow(StrEnum):
    """Whether events are delivered, or only kept for when it goes on."""

    ACTIVE = "active"
    PAUSED = "paused"


class Why(StrEnum):
    """Why a subscription is paused."""

    ASKED = "asked"
    GONE = "gone"
    FAILING = "failing"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True, slots=True)
class Secret:
    """What signs; without `until` it has no end."""

    text: str = field(repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it is kept.

    `types` is what was asked for, `covers` the types that this meant at the time: a type that a later
    release brings along is nothing that anybody has agreed to. `created_by` is the prefix of a key, and
    `taken_over_by` that of whoever has since said where it goes or what it covers, or let it go on.
    """

    id: str
    url: str
    types: tuple[str, ...]
    covers: frozenset[str]
    secrets: tuple[Secret, ...]
    created_at: datetime
    created_by: str
    description: str = ""
    state: Flow = Flow.ACTIVE
    paused_at: datetime | None = None
    paused_because: Why | None = None
    failing_since: datetime | None = None
    taken_over_by: str | None = None

    @property
    def held_by(self) -> str:
        """The prefix of the key by whose right it hears."""
        return self.taken_over_by or self.created_by


def signing(secrets: Sequence[Secret], now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first."""
    return tuple(one.text for one in secrets if one.until is None or one.until > now)


def rotated(secrets: Sequence[Secret], new: str, now: datetime) -> tuple[Secret, ...]:
    """Return the secrets once there is a new one: the one before it signs for `OVERLAP` more."""
    ends = now + OVERLAP
    old = [Secret(one.text, min(one.until or ends, ends)) for one in secrets]
    still = [one for one in old if one.until and one.until > now]
    return (Secret(new), *still)[:MOST_SECRETS]

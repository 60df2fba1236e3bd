"""The one decision: may this message go to this customer now, and by which channel?

A pure function of one `Case`, which is stored with what it came to, so that anybody can ask later why a
customer was contacted, or was not. A DEFER is decided anew when its time has come, with a new case, and never
reaches past the moment at which the message expires.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.cap import Room
from services.notifications.domain.quiet import QuietHours, quiet_until


class Reason(StrEnum):
    """Why a message is not sent now (DEFER) or not at all (DROP)."""

    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    NO_CONSENT = "no_consent"
    OPEN_COMPLAINT = "open_complaint"
    LEFT_SEGMENT = "left_segment"
    FREQUENCY_CAP = "frequency_cap"
    QUIET_HOURS = "quiet_hours"
    HOLDOUT = "holdout"
    NOT_YET_KNOWN = "not_yet_known"


class Twin(StrEnum):
    """Where the same message to the same person stands, planned under another of the person's ids."""

    SENT = "sent"
    AHEAD = "ahead"
    IN_FLIGHT = "in_flight"


@dataclass(frozen=True, slots=True)
class Way:
    """A channel to the customer: is there an address, did it bounce, what was said about being contacted.

    `consent`: granted, withdrawn, or None where the customer never said.
    """

    channel: str
    has_address: bool
    bounced: bool = False
    consent: str | None = None

    def obstacle(self, purpose: str) -> Reason | None:
        """Return what stands against this channel. Service messages go out until the customer objects."""
        if not self.has_address:
            return Reason.NO_ADDRESS
        if self.bounced:
            return Reason.BOUNCED
        if self.consent == "withdrawn":
            return Reason.UNSUBSCRIBED
        if purpose == "marketing" and self.consent != "granted":
            return Reason.NO_CONSENT
        return None


@dataclass(frozen=True, slots=True)
class Case:
    """All that the decision looks at.

    `known`: what the message needs to know of the customer has arrived. `ways`: the channels that may be
    tried, the preferred one first. `twin` can be there only after a merge. `room` is None where no cap holds.
    """

    now: datetime
    expires_at: datetime
    purpose: str
    known: bool
    ways: tuple[Way, ...]
    open_complaints: int = 0
    in_segment: bool = True
    room: Room | None = None
    quiet_hours: QuietHours | None = None
    zone: str = "UTC"
    held_out: bool = False
    twin: Twin | None = None
    patience: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now, by this channel."""

    channel: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Decide again at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Drop:
    """Never send it."""

    reason: Reason


Decision = Send | Defer | Drop

#: Of several channels that are closed, the one that came closest to being open gives the reason.
_CLOSEST = (Reason.NO_CONSENT, Reason.UNSUBSCRIBED, Reason.BOUNCED, Reason.NO_ADDRESS)


def decide(case: Case) -> Decision:
    """Decide; of several obstacles the one that lasts longest is named.

    The holdout comes last: who is held out would have got the message at this moment, so that what they do
    afterwards can be compared with what those do who got it.
    """
    if case.now >= case.expires_at:
        return Drop(Reason.EXPIRED)
    if case.twin in (Twin.SENT, Twin.AHEAD):
        return Drop(Reason.DUPLICATE)
    if not case.known:
        return _defer(case, case.now + case.patience, Reason.NOT_YET_KNOWN)
    channel = preferred({way.channel: way.obstacle(case.purpose) for way in case.ways})
    if isinstance(channel, Reason):
        return Drop(channel)
    if case.open_complaints:
        return Drop(Reason.OPEN_COMPLAINT)
    if not case.in_segment:
        return Drop(Reason.LEFT_SEGMENT)
    return _timed(case) or (Drop(Reason.HOLDOUT) if case.held_out else Send(channel))


def preferred(obstacles: Mapping[str, Reason | None]) -> str | Reason:
    """Return the first channel that nothing stands against, or why there is none."""
    channel = next((one for one, obstacle in obstacles.items() if obstacle is None), None)
    return channel or min(filter(None, obstacles.values()), key=_CLOSEST.index, default=Reason.NO_ADDRESS)


def _timed(case: Case) -> Defer | Drop | None:
    """Return what keeps the message from going now that may not do so later."""
    if case.room and case.room.at > case.now:
        return _later(case, case.room.at, Reason.FREQUENCY_CAP)
    if case.quiet_hours and (until := quiet_until(case.now, case.quiet_hours, case.zone)):
        return _later(case, until, Reason.QUIET_HOURS)
    if case.room and case.room.disputed:
        return _defer(case, case.now + case.patience, Reason.FREQUENCY_CAP)
    if case.twin is Twin.IN_FLIGHT:
        return _defer(case, case.now + case.patience, Reason.DUPLICATE)
    return None


def _later(case: Case, until: datetime, reason: Reason) -> Defer | Drop:
    """Wait for that moment; a message that is worth nothing any more by then is dropped at once."""
    return Drop(reason) if until >= case.expires_at else Defer(until, reason)


def _defer(case: Case, until: datetime, reason: Reason) -> Defer:
    return Defer(min(until, case.expires_at), reason)

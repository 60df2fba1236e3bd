"""The one decision: may this message go to this customer now?

A pure function of one `Case`, which is stored with what it came to, so that anybody can ask later why a
customer was contacted, or was not. A DEFER is decided anew when its time has come, with a new case, and never
reaches past the moment at which the message expires.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.quiet import QuietHours, quiet_until


class Reason(StrEnum):
    """Why a message is not sent now (DEFER) or not at all (DROP)."""

    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    OPEN_COMPLAINT = "open_complaint"
    QUIET_HOURS = "quiet_hours"
    NOT_YET_KNOWN = "not_yet_known"


class Twin(StrEnum):
    """Where the same message to the same person stands, planned under another of the person's ids."""

    SENT = "sent"
    AHEAD = "ahead"
    IN_FLIGHT = "in_flight"


@dataclass(frozen=True, slots=True)
class Case:
    """All that the decision looks at.

    `known`: the profile and the loyalty figures have arrived. `consent`: granted, withdrawn, or None where
    the customer never said. `twin` can be there only after a merge.
    """

    now: datetime
    expires_at: datetime
    channel: str
    purpose: str
    known: bool
    has_address: bool
    consent: str | None
    open_complaints: int = 0
    quiet_hours: QuietHours | None = None
    zone: str = "UTC"
    twin: Twin | None = None
    patience: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now."""


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


def decide(case: Case) -> Decision:
    """Decide; of several obstacles the one that lasts longest is named."""
    if case.now >= case.expires_at:
        return Drop(Reason.EXPIRED)
    if case.twin in (Twin.SENT, Twin.AHEAD):
        return Drop(Reason.DUPLICATE)
    if not case.known:
        return _defer(case, case.now + case.patience, Reason.NOT_YET_KNOWN)
    if not case.has_address:
        return Drop(Reason.NO_ADDRESS)
    if not _permitted(case.purpose, case.consent):
        return Drop(Reason.NO_CONSENT)
    if case.open_complaints:
        return Drop(Reason.OPEN_COMPLAINT)
    if case.quiet_hours and (until := quiet_until(case.now, case.quiet_hours, case.zone)):
        return _defer(case, until, Reason.QUIET_HOURS)
    if case.twin is Twin.IN_FLIGHT:
        return _defer(case, case.now + case.patience, Reason.DUPLICATE)
    return Send()


def _permitted(purpose: str, consent: str | None) -> bool:
    """Service messages go out until the customer objects; anything else waits for a yes."""
    return consent != "withdrawn" if purpose == "service" else consent == "granted"


def _defer(case: Case, until: datetime, reason: Reason) -> Defer:
    return Defer(min(until, case.expires_at), reason)

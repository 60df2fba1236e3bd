"""What can be known of one customer: the facts that events carry, one type each."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer last said about one purpose on one channel: `granted` or `withdrawn`."""

    channel: str
    purpose: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the customer is, as of one version of the customers service's snapshot."""

    version: int
    name: str | None = None
    locale: str | None = None
    timezone: str | None = None
    country: str | None = None
    emails: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """The customer's loyalty, as of one version of the loyalty service's snapshot."""

    version: int
    tier: str
    points: int
    purchase_count: int
    repeat: bool
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """The last that was said of a complaint: `opened`, `resolved` or `reopened`, when, and by which event."""

    id: str
    status: str
    time: datetime
    told_by: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """An answer that the customer gave."""

    kind: str
    score: float
    scale_max: float | None
    time: datetime
    told_by: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """Any interaction with the customer, of whichever type."""

    type: str
    channel: str | None
    time: datetime
    told_by: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The customer turned out to be `into`, who is to be asked instead; or did not after all, if `undone`.

    Of several that are told of one customer the one with the highest `version` holds.
    """

    into: str
    version: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """Everything about the customer is to be forgotten, for ever."""


Fact = Profile | Member | Complaint | Feedback | Interaction | Merged | Erased

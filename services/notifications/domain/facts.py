"""What can be known of one customer: the facts that events carry, one type each.

Moments are aware UTC, cut to the millisecond.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer last said about one purpose on one channel: `granted` or `withdrawn`."""

    channel: str
    purpose: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the customer is, as of one version of the customers service's snapshot.

    Of several addresses the preferred one comes first; `tags` are in alphabetical order.
    """

    version: int
    name: str | None = None
    locale: str | None = None
    timezone: str | None = None
    country: str | None = None
    emails: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    phones: tuple[str, ...] = ()
    account: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """Money of the loyalty program, in its base currency; below zero after returns."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ExpiringPoints:
    """The points that expire next, and when."""

    points: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NextTier:
    """The tier above, and the qualifying spend that is missing."""

    tier: str
    missing: Amount


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
    spend: Amount | None = None
    qualifying_spend: Amount | None = None
    points_expiring: ExpiringPoints | None = None
    next_tier: NextTier | None = None
    recognized_at: datetime | None = None
    tier_since: datetime | None = None
    tier_held_until: datetime | None = None
    expected_interval_days: float | None = None
    standing: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """The last that was said of a complaint: `opened`, `resolved` or `reopened`, when, and by which event.

    `source` and `complaint_id` are what its publisher calls it; `id` is made of both.
    """

    id: str
    status: str
    time: datetime
    told_by: str
    source: str | None = None
    complaint_id: str | None = None
    category: str | None = None
    severity: str | None = None


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
class Purchase:
    """What the customer bought at once. `id` is made of the publisher and its id of the purchase.

    `categories` are the different ones among its lines, in alphabetical order; `minor` is what was paid, in
    minor units of its `currency`.
    """

    id: str
    at: datetime
    categories: tuple[str, ...] = ()
    minor: int | None = None
    currency: str | None = None

    @property
    def place(self) -> tuple[datetime, str, tuple[str, ...], int, str]:
        """Where it stands among others: by its time, then by everything else, so that no two are level."""
        return self.at, self.id, self.categories, self.minor or 0, self.currency or ""


@dataclass(frozen=True, slots=True)
class Bounced:
    """An address that takes no message on a channel: it has refused one for good."""

    channel: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Wafa knew of the customer at that moment; the earliest is when it first did."""

    at: datetime


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


#: What is told of an id and stays with it through merges.
Word = Complaint | Feedback | Interaction | Purchase | Bounced | Heard
Fact = Profile | Member | Word | Merged | Erased

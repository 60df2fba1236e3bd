"""A campaign: whom it starts with, the steps that it takes with each, and the rules that hold meanwhile.

    start    a broadcast (a segment, now or at a time) or a trigger (each time that something happens)
    steps    message, wait, branch, grant; a single message is a journey of one step

What is said here holds for one version of the campaign; a version never changes once it has been launched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.segment import Rule

#: A holdout is given in hundredths of a percent.
WHOLE = 10_000


class Purpose(StrEnum):
    """What messages are for; it says which consent they need, and whether caps hold for them."""

    MARKETING = "marketing"
    SERVICE = "service"
    TRANSACTIONAL = "transactional"

    @property
    def consent(self) -> str:
        """The consent it asks for: what is not marketing is service to who receives it."""
        return "marketing" if self is Purpose.MARKETING else "service"


class On(StrEnum):
    """What starts a triggered campaign."""

    RECOGNIZED = "customer.recognized"
    TIER_CHANGED = "loyalty.tier_changed"
    DUE = "repurchase.due"
    RISK_RAISED = "churn.risk_raised"
    COMPLAINT_RESOLVED = "complaint.resolved"
    POINTS_EXPIRING = "points.expiring"
    ANNIVERSARY = "anniversary"


#: These come with the calendar and not with an event.
DAILY = (On.POINTS_EXPIRING, On.ANNIVERSARY)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Once, to everybody in the audience: at `at`, or as soon as it is launched."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Each time that `on` happens with a customer, after `delay`.

    `where` narrows it down to events whose field has one of the values. `days_before` is for what the
    calendar brings: so many days before points expire or an anniversary comes.
    """

    on: On
    delay: timedelta = timedelta()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    days_before: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """Write to the customer by the first of `channels` that is open, and by the next if it fails for good."""

    id: str
    template: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some time pass."""

    id: str
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Branch:
    """Go on with `then` for whom the rule holds by that time, with `otherwise` for the others."""

    id: str
    rule: Rule
    then: tuple["Step", ...] = ()
    otherwise: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Give points, with a reason that people can read."""

    id: str
    points: int
    reason: str


Step = Message | Wait | Branch | Grant


@dataclass(frozen=True, slots=True)
class Campaign:
    """One version of a campaign.

    `audience` says whom a broadcast is for; it is looked at again before each message goes out, and also for
    a triggered campaign. `holdout` is in hundredths of a percent. Of two campaigns that want the last place
    under a cap, that with the higher `priority` gets it. `window` is how long after the contact a purchase
    counts as its success, `keep_trying` how long a message may be late. `zone` and `locale` are for customers
    who gave none.
    """

    id: str
    version: int
    purpose: Purpose
    start: Broadcast | Trigger
    steps: tuple[Step, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    audience: Rule | None = None
    exit_on_purchase: bool = False
    holdout: int = 0
    priority: int = 50
    window: timedelta = timedelta(days=14)
    keep_trying: timedelta = timedelta(days=3)
    quiet_hours: QuietHours | None = None
    zone: str = "UTC"
    locale: str = "en"

    @property
    def key(self) -> str:
        """Name of this version, for ever."""
        return f"{self.id}@{self.version}"

    @property
    def needs_member(self) -> bool:
        """Whether it starts with something that loyalty says: the member's figures are on their way then."""
        return isinstance(self.start, Trigger) and self.start.on is not On.COMPLAINT_RESOLVED

    def all_steps(self) -> Iterator[Step]:
        """Yield every step, those of the arms of branches as well."""
        return _all(self.steps)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a journey stops next, and how long after what came before; `step` is None at its end."""

    delay: timedelta
    step: Message | Branch | Grant | None


def first(campaign: Campaign) -> Stop:
    """Return the first stop of a journey."""
    return _walk(campaign.steps)


def after(campaign: Campaign, step_id: str, *, holds: bool | None = None) -> Stop:
    """Return the stop that comes after a step; after a branch, the one on the arm that `holds` chooses.

    A step that this version does not have is the end.
    """
    return _walk(_rest(campaign.steps, step_id, holds) or ())


def _walk(steps: tuple[Step, ...]) -> Stop:
    delay = timedelta()
    for step in steps:
        if not isinstance(step, Wait):
            return Stop(delay, step)
        delay += step.delay
    return Stop(delay, None)


def _rest(steps: tuple[Step, ...], step_id: str, holds: bool | None) -> tuple[Step, ...] | None:
    """Return what is still to come after a step, None when it is not among these."""
    for place, step in enumerate(steps):
        behind = steps[place + 1 :]
        if step.id == step_id:
            if isinstance(step, Branch) and holds is not None:
                return (step.then if holds else step.otherwise) + behind
            return behind
        if isinstance(step, Branch):
            for arm in (step.then, step.otherwise):
                rest = _rest(arm, step_id, holds)
                if rest is not None:
                    return rest + behind
    return None


def _all(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, Branch):
            yield from _all(step.then)
            yield from _all(step.otherwise)

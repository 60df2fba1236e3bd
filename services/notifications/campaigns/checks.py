"""What must be right about a campaign as a whole, when each field is right by itself."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from services.notifications.domain.campaign import (
    DAILY,
    Branch,
    Broadcast,
    Campaign,
    Grant,
    Message,
    On,
    Purpose,
    Step,
    Wait,
)
from services.notifications.domain.segment import speaks_of_start
from services.notifications.domain.triggers import KEPT
from wafa.runtime.marked_yaml import Place

MOST_STEPS = 50
DEEPEST = 5

Misfit = tuple[Place, str]


def misfits(campaign: Campaign, templates: Collection[str] | None) -> Iterator[Misfit]:
    """Yield every mistake with its place; `templates` are all there are, None to let names pass."""
    yield from _of_start(campaign)
    yield from _of_steps(campaign, templates)
    if not campaign.keep_trying:
        yield ("keep_trying",), "expected more than nothing: every message would come too late"
    if campaign.purpose is Purpose.TRANSACTIONAL and campaign.holdout:
        yield ("holdout",), "expected none: a message that somebody waits for is kept from nobody"
    if campaign.audience and speaks_of_start(campaign.audience):
        yield ("audience",), 'expected no {"start": true}: whom it is for is asked before a journey begins'


def _of_start(campaign: Campaign) -> Iterator[Misfit]:
    start = campaign.start
    if isinstance(start, Broadcast):
        if campaign.audience is None:
            yield ("audience",), "is missing: a broadcast needs a rule that says whom it is for"
        return
    if start.where and start.on in DAILY:
        yield ("start", "where"), f"expected none for {start.on}: narrow it down by `audience`"
    for name in start.where:
        if name not in KEPT[start.on]:
            yield (
                ("start", "where", name),
                f"is not known of {start.on}; there are {', '.join(KEPT[start.on])}",
            )
    if start.days_before and start.on not in DAILY:
        yield ("start", "days_before"), f"expected none for {start.on}, which nobody knows in advance"
    if not start.days_before and start.on is On.POINTS_EXPIRING:
        yield ("start", "days_before"), "is missing, expected how many days before they expire"


def _of_steps(campaign: Campaign, templates: Collection[str] | None) -> Iterator[Misfit]:
    found = list(_placed(campaign.steps, ("steps",)))
    if len(found) > MOST_STEPS:
        yield ("steps",), f"expected at most {MOST_STEPS} steps, not {len(found)}"
    if not any(isinstance(step, Message | Grant) for _, step, _ in found):
        yield ("steps",), "expected at least one message"
    seen: set[str] = set()
    for place, step, depth in found:
        if step.id in seen:
            yield (*place, "id"), f"{step.id} is the id of an earlier step"
        seen.add(step.id)
        if depth > DEEPEST:
            yield place, f"is nested too deeply: {DEEPEST} branches within each other are the most"
        if isinstance(step, Message) and templates is not None and step.template not in templates:
            yield (*place, "template"), f"there is no template {step.template}"
    if campaign.holdout and (early := _before_message(campaign.steps, ("steps",))):
        yield early, "expected a message before it: until then nobody is held out"


def _before_message(steps: tuple[Step, ...], at: Place) -> Place | None:
    """Return the place of a grant that can be met before any message."""
    for place, step in enumerate(steps):
        match step:
            case Message():
                return None
            case Grant():
                return (*at, place, "grant")
            case Branch(then=then, otherwise=otherwise):
                for name, arm in (("then", then), ("else", otherwise)):
                    if found := _before_message(arm, (*at, place, "branch", name)):
                        return found
                if _writes(then) and _writes(otherwise):
                    return None
    return None


def _writes(steps: tuple[Step, ...]) -> bool:
    """Tell whether every way through these steps meets a message."""
    return any(
        isinstance(one, Message) or (isinstance(one, Branch) and _writes(one.then) and _writes(one.otherwise))
        for one in steps
    )


_NAMES: Mapping[type[Any], str] = {Message: "message", Wait: "wait", Branch: "branch", Grant: "grant"}


def _placed(steps: tuple[Step, ...], at: Place, depth: int = 0) -> Iterator[tuple[Place, Step, int]]:
    for position, step in enumerate(steps):
        place = (*at, position, _NAMES[type(step)])
        yield place, step, depth
        if isinstance(step, Branch):
            yield from _placed(step.then, (*place, "then"), depth + 1)
            yield from _placed(step.otherwise, (*place, "else"), depth + 1)

"""A campaign as others are shown it: plain data, times as RFC 3339 text."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notifications.campaigns.control import Control, Version
from services.notifications.domain.campaign import Branch, Broadcast, Campaign, Grant, Message, Step, Wait
from services.notifications.queries import summed
from wafa.contracts.times import format_time


def summary(campaign: Campaign | None, control: Control | None) -> dict[str, Any]:
    """Return a campaign in short: what it is, and what is done with it now.

    `control` is None for one that is not kept, `campaign` for one that cannot be read.
    """
    shown: dict[str, Any] = {}
    if campaign:
        shown = {
            "campaign": campaign.id,
            "title": dict(campaign.title),
            "purpose": str(campaign.purpose),
            "start": _start(campaign),
            "steps": [_step(one) for one in campaign.all_steps()],
        }
    if control:
        plan = control.plan
        shown |= {
            "campaign": control.campaign,
            "state": control.shown_state,
            "enrolling": control.state == "running",
            "version": control.version,
            "newest": control.newest,
            "launched_at": _time(control.launched_at),
            "finished_at": _time(control.finished_at),
            "planned": plan.planned if plan else None,
            "planned_at": _time(plan.done_at) if plan else None,
        }
    return {name: value for name, value in shown.items() if value is not None}


def in_full(
    control: Control,
    campaign: Campaign | None,
    versions: Sequence[Version],
    counted: Iterable[tuple[str, str | None, int]],
) -> dict[str, Any]:
    """Return all that is known of a campaign: `versions`, and how many messages are in which state."""
    told = [
        {
            "version": one.version,
            "drafted_at": format_time(one.drafted_at),
            "content": json.loads(one.content),
            "texts": {name: sorted(languages) for name, languages in json.loads(one.texts).items()},
        }
        for one in versions
    ]
    return {**summary(campaign, control), "versions": told, **summed(counted)}


def _start(campaign: Campaign) -> str:
    start = campaign.start
    if isinstance(start, Broadcast):
        return f"broadcast at {format_time(start.at)}" if start.at else "broadcast"
    return f"on {start.on}"


def _step(step: Step) -> str:
    match step:
        case Message():
            return f"{step.id}: message {step.template} by {', '.join(step.channels)}"
        case Wait():
            return f"{step.id}: wait {_length(step.delay)}"
        case Grant():
            return f"{step.id}: grant {step.points} points"
        case Branch():
            then, otherwise = (_ids(one) for one in (step.then, step.otherwise))
            return f"{step.id}: branch, then {then}, else {otherwise}"


def _ids(steps: Sequence[Step]) -> str:
    return ", ".join(one.id for one in steps) or "nothing"


def _length(delay: timedelta) -> str:
    """Return a length of time as files write it."""
    units = {
        "w": timedelta(weeks=1),
        "d": timedelta(days=1),
        "h": timedelta(hours=1),
        "m": timedelta(minutes=1),
    }
    whole = ((delay // unit, name) for name, unit in units.items() if not delay % unit)
    return next((f"{number}{name}" for number, name in whole), str(delay))


def _time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None

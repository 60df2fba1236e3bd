"""Whom a campaign would reach if it went out now, or on a day to come; who would be left out, and why.

What stands in the way of each customer for good (no address, no consent, an open complaint) the database
counts in one pass, exactly. What changes by the hour or by the other messages (cap, quiet hours, holdout) is
what the sender's own decision says, of everybody where they are few, else of a sample; then it is `about`.

Nothing is written, and nothing is sent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.notifications.campaigns.choosing import (
    Answer,
    NotPossible,
    chosen,
    day,
    start_of,
    with_mistakes,
)
from services.notifications.domain.campaign import Broadcast, Campaign
from services.notifications.domain.decision import Reason
from services.notifications.domain.outreach import LIVE, Outreach, State
from services.notifications.sending.deciding import Job
from services.notifications.what_if.meeting import Meeting
from services.notifications.what_if.rehearsing import Look, Rehearsal
from wafa.contracts.times import format_time

#: Up to so many everybody is decided on; of more, a sample of so many.
EVERYBODY = 2_000
SAMPLE = 1_000
UNKNOWN = "unknown"
#: Reasons in the order in which the decision looks at them; these are all that it may name.
IN_ORDER = (
    Reason.NO_ADDRESS,
    Reason.BOUNCED,
    Reason.UNSUBSCRIBED,
    Reason.NO_CONSENT,
    Reason.OPEN_COMPLAINT,
    Reason.LEFT_SEGMENT,
    Reason.DUPLICATE,
    Reason.FREQUENCY_CAP,
    Reason.QUIET_HOURS,
    Reason.HOLDOUT,
    Reason.EXPIRED,
)
LATER = (Reason.NOT_YET_KNOWN, Reason.FREQUENCY_CAP, Reason.QUIET_HOURS)


@with_mistakes
def preview(look: Look, campaign: object, on: object, now: datetime) -> Answer:
    """Return whom a campaign would reach, as plain JSON.

    `people` is who it would meet; `now`, `later` (by reason) and `dropped` (by reason) add up to it. Those
    that are named in `about` are estimates. `channels` and `languages` are of those whom nothing stands
    against for good. `samples` are messages as they would go out, one for each language.
    """
    version = chosen(look.book, campaign)
    when = _moment(version, on, now)
    meeting = Meeting.of(version, when)
    rehearsal = Rehearsal(look, version, meeting, when)
    standing = rehearsal.standing()
    people = sum(line["people"] for line in standing)
    few = people <= EVERYBODY
    ids = look.store.ids(meeting.filter, EVERYBODY if few else SAMPLE)
    decided, met = rehearsal.decide(ids)
    outcomes = Counter(map(_outcome, decided)) + Counter({str(Reason.DUPLICATE): met})
    if not few:
        outcomes = _scaled(standing, outcomes)
    languages = _counted(standing, "language")
    return {
        "campaign": version.id,
        "version": version.version,
        "at": format_time(when),
        "starts": meeting.words,
        "people": people,
        "now": outcomes["now"],
        "later": {str(one): outcomes[f"later {one}"] for one in LATER if outcomes[f"later {one}"]},
        "dropped": {str(one): outcomes[f"{one}"] for one in IN_ORDER if outcomes[f"{one}"]},
        "fault": outcomes["fault"],
        "about": [] if few else [str(one) for one in _ESTIMATED],
        "sampled": None if few else len(ids),
        "channels": _counted(standing, "channel"),
        "languages": languages,
        "samples": rehearsal.samples(decided, [one for one in languages if one != UNKNOWN]),
    }


def _moment(campaign: Campaign, on: object, now: datetime) -> datetime:
    """Return when the campaign is imagined to go out: at its hour, on the day that is asked for."""
    start = campaign.start
    planned = start.at if isinstance(start, Broadcast) and start.at and start.at > now else now
    if on is None:
        return planned
    at = start_of(day("on", on)) + (planned - start_of(planned.date()))
    if at.date() < now.date():
        raise NotPossible("on", f"{on} is over; `wafa campaign simulate` looks at the past")
    return max(at, now)


def _outcome(decided: Job | Outreach) -> str:
    if isinstance(decided, Job):
        return "now"
    if decided.state in LIVE:
        return f"later {decided.reason}"
    return str(decided.reason) if decided.state is State.DROPPED else "fault"


#: What the one pass over the audience cannot know.
_ESTIMATED = ("now", Reason.DUPLICATE, Reason.FREQUENCY_CAP, Reason.QUIET_HOURS, Reason.HOLDOUT)


def _scaled(standing: Iterable[Mapping[str, Any]], sample: Counter[str]) -> Counter[str]:
    """Return exact numbers where the one pass has them, and shares of a sample of all others."""
    exact: Counter[str] = Counter()
    free = 0
    for line in standing:
        if line["reason"] is None:
            free += line["people"]
        else:
            later = line["reason"] == Reason.NOT_YET_KNOWN
            exact[f"later {line['reason']}" if later else line["reason"]] += line["people"]
    rest = Counter({name: number for name, number in sample.items() if name not in exact})
    whole = rest.total()
    scaled = Counter({name: round(free * number / whole) for name, number in rest.items() if name != "now"})
    scaled["now"] = max(0, free - scaled.total()) if whole else 0
    return exact + scaled


def _counted(standing: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for line in standing:
        if line["reason"] is None:
            counted[line[name] or UNKNOWN] += line["people"]
    return dict(counted.most_common())

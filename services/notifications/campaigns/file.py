"""A campaign as data: read from YAML with its lines, checked against everything that can be checked.

`read` makes plain data of the text, `load` makes a `Campaign` of the data. The data are also what is stored
and what comes by RPC, so that a version means the same wherever it came from.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from services.notifications.campaigns.checks import misfits
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.campaigns.schema import CampaignSchema, campaign_of
from services.notifications.domain.campaign import Campaign
from wafa.runtime.file_schema import mistakes, path_of
from wafa.runtime.marked_yaml import BrokenFile, Marked, Place, parse_marked

#: Characters; reading as many takes about a second.
LONGEST = 50_000
DEEPEST = 40
MOST_VALUES = 5_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where: keys and positions from the root on.

    `reason` is a word for machines where it is not the content that is wrong.
    """

    place: Place
    message: str
    reason: str | None = None

    @property
    def path(self) -> str:
        """The place as people read it."""
        return path_of(self.place)


class CampaignError(Exception):
    """A campaign cannot be used; `mistakes` are all that are wrong with it."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        """Keep the mistakes."""
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in mistakes))
        self.mistakes = tuple(mistakes)


def read(text: str) -> Marked:
    """Return what a campaign's file holds, with its lines.

    Raises:
        BrokenFile: it is no YAML, is too large, or names a thing twice.
    """
    if len(text) > LONGEST:
        raise BrokenFile(f"is too long: {LONGEST:,} characters are the most")
    marked = parse_marked(text, typed=True)
    if not _within_bounds(marked.content):
        raise BrokenFile("is nested too deeply, or holds too much")
    return marked


def load(
    content: object, version: int, policy: OutreachPolicy, *, templates: Collection[str] | None = None
) -> Campaign:
    """Return the campaign that the data describe; what they leave out is as the house rules say.

    `templates` are the names of all there are; without them names are not checked.

    Raises:
        CampaignError: with every mistake.
    """
    if not _within_bounds(content):
        raise CampaignError([Mistake((), "is nested too deeply, or holds too much")])
    if found := [
        Mistake(place, "expected text without NUL and half characters") for place in _broken(content)
    ]:
        raise CampaignError(found)
    try:
        rules = CampaignSchema().load(content)  # type: ignore[arg-type]
    except ValidationError as error:
        raise CampaignError([Mistake(*one) for one in mistakes(error.messages_dict)]) from None
    campaign = campaign_of(rules, version, policy)
    if found := [Mistake(*one) for one in misfits(campaign, templates)]:
        raise CampaignError(found)
    return campaign


def completed(content: Mapping[str, Any], policy: OutreachPolicy) -> dict[str, Any]:
    """Return the data with what the house rules say today written down, so that it holds for this version."""
    quiet = policy.quiet_hours if content.get("purpose") == "marketing" else None
    house = {
        "zone": policy.zone,
        "locale": policy.locale,
        "quiet_hours": f"{quiet.start:%H:%M}-{quiet.end:%H:%M}" if quiet else "none",
    }
    return {**house, **content}


def _broken(content: object, place: Place = ()) -> Iterator[Place]:
    """Yield where there is text that cannot be kept."""
    if isinstance(content, str) and any(one == "\0" or "\ud800" <= one <= "\udfff" for one in content):
        yield place
    inner = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for name, value in inner:
        yield from _broken(name if isinstance(name, str) else None, place)
        yield from _broken(value, (*place, name))


def _within_bounds(content: object) -> bool:
    """Tell whether data are small and flat enough to be worth a look; level by level, without recursion."""
    level, values = [content], 0
    for _ in range(DEEPEST):
        values += len(level)
        if not level or values > MOST_VALUES:
            return not level
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
        ]
    return False

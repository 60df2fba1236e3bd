"""A row that is due -> what is to be done about it: a message to hand over, or the row as it is left."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from services.notifications.campaigns.book import Book
from services.notifications.documents import Damaged
from services.notifications.domain import outreach
from services.notifications.domain.audience import Entry
from services.notifications.domain.campaign import Branch, Campaign, Grant, Message, Step
from services.notifications.domain.decision import Reason, Send, Twin, decide
from services.notifications.domain.evidence import case_of, decided, twin_of
from services.notifications.domain.outreach import Outreach, State
from services.notifications.domain.reach import recipient
from services.notifications.domain.segment import matches
from services.notifications.domain.traits import traits_of
from services.notifications.sending.people import People

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A message that may go out now by `row.channel`, to `recipient`, a usable address of the customer."""

    row: Outreach
    campaign: Campaign
    step: Message
    entry: Entry
    recipient: str
    now: datetime


class Desk:
    """Decides row by row, on what is known of everybody at once; no row stops the others."""

    def __init__(
        self, book: Book, people: People, now: datetime, open_channels: Mapping[str, object]
    ) -> None:
        """Decide by these campaigns; a channel that is not among `open_channels` has not been set up."""
        self._book = book
        self._people = people
        self._now = now
        self._open = open_channels

    def look_at(self, row: Outreach) -> Job | Outreach:
        """Return the job of a row that may go out now, or the row as it is left."""
        try:
            looked_at = self._look_at(row)
        except Exception as error:
            fault = str(error) if isinstance(error, Damaged) else f"not decided: {type(error).__name__}"
            log.error("nothing can be decided", outreach_id=row.id, customer_id=row.customer_id, error=fault)
            looked_at = outreach.failed(row, fault, self._now)
        self._people.note(looked_at.row if isinstance(looked_at, Job) else looked_at)
        return looked_at

    def _look_at(self, row: Outreach) -> Job | Outreach:
        if row.state is State.FAILED:
            return outreach.failed(row, row.reply or "", self._now)
        campaign = self._book.version(row.campaign_key)
        step = _step(campaign, row.step) if campaign else None
        if campaign is None or step is None:
            # A newer release may know it: both run while one takes the other's place.
            away = f"{row.step} of campaign {row.campaign_key} is not known here"
            return (outreach.failed if self._now >= row.expires_at else outreach.put_off)(
                row, away, self._now
            )
        entry = self._people.entry(row.customer_id)
        if entry and entry.erased:
            # It may have been planned by somebody who did not know that yet, and it keeps what they knew.
            row = outreach.forgotten(row)
        if isinstance(step, Message):
            return self._message(row, campaign, step, entry)
        return self._silent(row, step, entry)

    def _message(
        self, row: Outreach, campaign: Campaign, step: Message, entry: Entry | None
    ) -> Job | Outreach:
        addresses = {channel: recipient(entry, channel) for channel in step.channels}
        case = case_of(
            row,
            campaign,
            entry,
            channels=[channel for channel in step.channels if channel in self._open],
            addresses=addresses,
            others=self._people.others(row),
            caps=self._book.policy.caps,
            now=self._now,
        )
        decision = decide(case)
        row = replace(decided(row, case, decision), **_told_apart_by(entry, campaign))
        address = addresses.get(row.channel)
        if isinstance(decision, Send) and entry and address:
            return Job(row, campaign, step, entry, address, self._now)
        return row

    def _silent(self, row: Outreach, step: Branch | Grant, entry: Entry | None) -> Outreach:
        """Take a step that writes to nobody. It waits for whoever is not known yet, like a message."""
        if self._now >= row.expires_at:
            return outreach.dropped(row, Reason.EXPIRED, self._now)
        if entry is None:
            return outreach.deferred(row, min(self._now + outreach.FIRST_RETRY, row.expires_at))
        if entry.erased:
            return outreach.dropped(row, Reason.NO_ADDRESS, self._now)
        if twin_of(row, self._people.others(row)) in (Twin.SENT, Twin.AHEAD):
            return outreach.dropped(row, Reason.DUPLICATE, self._now)
        if isinstance(step, Grant):
            return outreach.passed(row, self._now)
        since = row.enrolled_at or row.planned_at
        return outreach.passed(row, self._now, holds=matches(step.rule, traits_of(entry), self._now, since))


def _told_apart_by(entry: Entry | None, campaign: Campaign) -> dict[str, str]:
    """Return what a report tells customers apart by, as it is at the decision: for the held out as well."""
    profile, member = (entry.profile, entry.member) if entry else (None, None)
    if profile is None:
        return {}
    locale = profile.locale or campaign.locale
    language = {"language": locale.replace("_", "-").partition("-")[0].lower()}
    return language | ({"tier": member.tier} if member else {})


def _step(campaign: Campaign, step_id: str) -> Message | Branch | Grant | None:
    found: Step | None = next((one for one in campaign.all_steps() if one.id == step_id), None)
    return found if isinstance(found, Message | Branch | Grant) else None

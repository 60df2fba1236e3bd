"""The sender's own decision, and the renderer's own texts, on messages that are never planned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.choosing import Answer, NotPossible
from services.notifications.channels.outcomes import Message as Written
from services.notifications.domain.campaign import Campaign, Message, Purpose
from services.notifications.domain.cap import longest
from services.notifications.domain.decision import Reason, preferred
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.reach import OPEN
from services.notifications.planning.journeys import row_id
from services.notifications.sending.deciding import Desk, Job
from services.notifications.sending.people import People
from services.notifications.store import NotificationsStore
from services.notifications.texts.text import Broken
from services.notifications.what_if.meeting import Meeting
from wafa.contracts.envelope import derive_id

#: Messages that are shown, one for each language; so many customers of a language are tried.
SHOWN = 6
TRIED = 20

Write = Callable[[Sequence[Job], Book], Sequence[Written | Broken]]


@dataclass(frozen=True, slots=True)
class Look:
    """What a preview works with: `channels` are those that are set up, `write` makes messages of jobs."""

    store: NotificationsStore
    book: Book
    channels: Mapping[str, object]
    write: Write


class Rehearsal:
    """The first message of a campaign, to whom it would meet at a moment."""

    def __init__(self, look: Look, campaign: Campaign, meeting: Meeting, when: datetime) -> None:
        """Look at a campaign.

        Raises:
            NotPossible: it writes to nobody.
        """
        found = next((step for step in campaign.all_steps() if isinstance(step, Message)), None)
        if found is None:
            raise NotPossible("campaign", f"{campaign.id} has no message to preview")
        self.step = found
        self._look = look
        self._campaign = campaign
        self._meeting = meeting
        self._when = when

    def standing(self) -> list[Answer]:
        """Return what stands in the way of everybody for good, counted: the first looks of the decision.

        Each line has the `reason` (None where nothing does), the `channel` that would be taken, the
        `language` and `people`.
        """
        channels = [one for one in self.step.channels if one in self._look.channels]
        lines = self._look.store.standing(self._meeting.filter, channels, self._campaign.purpose.consent)
        return [{**line, **self._first_look(line)} for line in lines]

    def _first_look(self, line: Mapping[str, Any]) -> Answer:
        if not line["known"] or (self._campaign.needs_member and not line["member"]):
            return {"reason": Reason.NOT_YET_KNOWN, "channel": None}
        found = preferred({channel: _obstacle(state) for channel, state in line["ways"].items()})
        if isinstance(found, Reason):
            return {"reason": found, "channel": None}
        return {"reason": Reason.OPEN_COMPLAINT if line["open_complaints"] else None, "channel": found}

    def decide(self, customer_ids: Sequence[str]) -> tuple[list[Job | Outreach], int]:
        """Return what would be done about each of these, and how many have been met already."""
        store = self._look.store
        rows = [self._row(one) for one in customer_ids]
        met = store.rows([row.id for row in rows])
        # A link in a sample must not be one that works later.
        rows = [replace(row, id=derive_id(row.id, "preview")) for row in rows if row.id not in met]
        people = People(store, rows, self._when - longest(self._look.book.policy.caps))
        desk = Desk(self._look.book, people, self._when, self._look.channels)
        return [desk.look_at(row) for row in rows], len(met)

    def samples(self, decided: Sequence[Job | Outreach], languages: Sequence[str]) -> list[Answer]:
        """Return a message for each of the languages that most customers speak."""
        jobs: dict[str | None, Job] = {}
        for job in decided:
            if isinstance(job, Job):
                jobs.setdefault(job.row.language, job)
        for language in languages[:SHOWN]:
            if language not in jobs and (job := self._speaking(language)):
                jobs[language] = job
        spoken = [one for one in languages if one in jobs] + [one for one in jobs if one not in languages]
        shown = [jobs[one] for one in spoken[:SHOWN]]
        texts = self._look.write(shown, self._look.book) if shown else []
        return [_sample(job, text) for job, text in zip(shown, texts, strict=True)]

    def _speaking(self, language: str) -> Job | None:
        """Return a message in a language that nobody of the sample speaks, or is written to in now."""
        ids = self._look.store.ids(self._meeting.speaking(language), TRIED)
        decided, _ = self.decide(ids)
        return next((one for one in decided if isinstance(one, Job)), None)

    def _row(self, customer_id: str) -> Outreach:
        campaign, row = self._campaign, self._meeting.row(customer_id)
        return replace(
            row,
            id=row_id(campaign.id, customer_id, self.step.id, row.occurrence),
            step=self.step.id,
            channel=self.step.channels[0],
            not_before=self._when,
            expires_at=self._when + max(campaign.keep_trying, timedelta(seconds=1)),
            capped=campaign.purpose is not Purpose.TRANSACTIONAL,
        )


def _obstacle(state: str | None) -> Reason | None:
    if state is None:
        return Reason.NO_ADDRESS
    return None if state == OPEN else Reason(state)


def _sample(job: Job, text: Written | Broken) -> Answer:
    shown: Answer = {"customer_id": job.row.customer_id, "channel": job.row.channel}
    if isinstance(text, Broken):
        return {**shown, "language": job.row.language, "fault": text.fault}
    return {
        **shown,
        "language": text.language,
        "direction": text.direction,
        "subject": text.subject,
        "plain": text.plain,
        "short": text.short,
    }

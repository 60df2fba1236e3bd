"""The sender: claims rows that are due, decides, hands over, settles, announces.

A row is settled, in the database, as soon as the slice of a few mails that it belongs to has been handed
over, and only then is anything published, from what the row says. So a worker that dies loses no
announcement, and at most the mails of one slice go out again when its claim lapses, with the same Message-ID.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from jinja2 import TemplateError
from prometheus_client import Counter

from services.notifications.domain import outreach
from services.notifications.domain.audience import Entry
from services.notifications.domain.decision import Send, decide
from services.notifications.domain.outreach import POLICIES, Outreach, Policy
from services.notifications.domain.quiet import known_zone
from services.notifications.formats import clean
from services.notifications.mail import Sender, compose, message_id, usable_address
from services.notifications.people import People
from services.notifications.publishing import announcement
from services.notifications.rendering import Renderer, Text, titles_of
from services.notifications.smtp import Accepted, Mailer, Outcome, PutOff, Refused, Server
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.runtime.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

FINAL = Counter("wafa_outreach_total", "Messages sent, dropped and failed", ["campaign", "state", "reason"])
ANNOUNCED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """How mail goes out: through what, in whose name, in which words, over how many connections at once.

    A claim of `batch` rows lapses after `lease`; its worker gives back what it has not begun by half of that.
    """

    mailer: Mailer
    sender: Sender
    renderer: Renderer
    policies: Mapping[str, Policy] = field(default_factory=lambda: POLICIES)
    connections: int = 8
    batch: int = 200
    lease: timedelta = timedelta(minutes=5)


def delivery(settings: Settings) -> Delivery:
    """Return how mail goes out by these settings. Raises `SettingsError` where they cannot be used."""
    try:
        return Delivery(
            Mailer(Server.parse(settings.smtp_url)),
            Sender.parse(settings.mail_from),
            Renderer(titles_of(settings.loyalty_program)),
        )
    except ValueError as error:
        raise SettingsError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Job:
    """A message that may go out now."""

    row: Outreach
    policy: Policy
    entry: Entry
    recipient: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a message, and in which language it was written."""

    outcome: Outcome
    language: str


class Outbox:
    """Sends what is due. Any number of them, in any number of processes, share the work row by row."""

    def __init__(
        self,
        store: NotificationsStore,
        publish: Callable[[Sequence[Event]], None],
        delivery: Delivery,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._publish = publish
        self._delivery = delivery
        self._clock = clock

    def send_due(self, seconds: float = 2) -> int:
        """Work until nothing is due, the mail server is away, or `seconds` are over; return the rows handled.

        Raises:
            one of `wafa.runtime.transient.TRANSIENT`: database or broker are away. Nothing is forgotten.
        """
        ends = time.monotonic() + seconds
        self._announce(self._store.unannounced(self._clock(), ANNOUNCED_AT_ONCE))
        handled = 0
        while time.monotonic() < ends:
            now = self._clock()
            rows = self._store.claim(now, now + self._delivery.lease, self._delivery.batch)
            done, away = self._work_off(rows)
            handled += done
            if away or not rows:
                break
        return handled

    def _work_off(self, rows: Sequence[Outreach]) -> tuple[int, bool]:
        """Handle claimed rows; return how many, and whether the mail server is away."""
        done: list[str] = []
        away = False
        if rows:
            claim, give_up = rows[0].claim or "", self._clock() + self._delivery.lease / 2
            people = People(self._store, rows)
            with ThreadPoolExecutor(self._delivery.connections) as threads:
                for part in _slices(rows, 2 * self._delivery.connections):
                    if away or self._clock() >= give_up:
                        self._store.release(claim, self._clock())
                        break
                    settled, away = self._send(part, people, threads)
                    self._store.settle(claim, settled)
                    done += [row.id for row in settled]
            self._announce(self._store.settled(done))
        return len(done), away

    def _send(
        self, rows: Sequence[Outreach], people: People, threads: Executor
    ) -> tuple[list[Outreach], bool]:
        """Decide on a slice, hand over what may go; return the rows as they are now, and `away` as above."""
        now = self._clock()
        settled: list[Outreach] = []
        jobs: list[_Job] = []
        for row in rows:
            policy = self._delivery.policies[row.campaign]
            entry = people.entry(row.customer_id)
            recipient = _recipient(entry)
            case = outreach.case_of(
                row, policy, entry, has_address=recipient is not None, twin=people.twin(row), now=now
            )
            decision = decide(case)
            row = outreach.decided(row, case, decision)
            if isinstance(decision, Send) and entry and recipient:
                jobs.append(_Job(row, policy, entry, recipient, now))
            else:
                settled.append(row)
        results = list(threads.map(self._hand_over, jobs))
        now = self._clock()
        settled += [self._settled(job.row, done, now) for job, done in zip(jobs, results, strict=True)]
        for row in settled:
            if row.state not in outreach.LIVE:
                FINAL.labels(row.campaign, row.state, row.reason or "").inc()
        return settled, any(isinstance(done.outcome, PutOff) and done.outcome.away for done in results)

    def _hand_over(self, job: _Job) -> _Done:
        try:
            text = self._text(job)
        except TemplateError as error:
            # Ours to mend; until then the message waits like one that the server puts off.
            log.error("template failed", template=job.policy.template, outreach=job.row.id, error=str(error))
            return _Done(PutOff(f"template: {error}"), "")
        mail = compose(job.row.id, text, sender=self._delivery.sender, recipient=job.recipient, now=job.now)
        return _Done(self._delivery.mailer.send(mail), text.language)

    def _text(self, job: _Job) -> Text:
        profile, member, renderer = job.entry.profile, job.entry.member, self._delivery.renderer
        assert profile, "only a customer who is known is sent anything"
        assert member, "only a customer who is known is sent anything"
        spoken = renderer.speech(job.policy.template, profile.locale, job.policy.locale)
        zone = known_zone(profile.timezone, job.policy.zone)
        data = {
            "name": clean(profile.name or ""),
            "tier": renderer.tier_title(member.tier, spoken.language),
            "points": member.points,
            "today": job.now.astimezone(ZoneInfo(zone)).date(),
            "brand": self._delivery.sender.name,
            "contact": self._delivery.sender.address,
        }
        return renderer.render(job.policy.template, spoken, data)

    def _settled(self, row: Outreach, done: _Done, now: datetime) -> Outreach:
        match done.outcome:
            case Accepted():
                return outreach.accepted(row, message_id(row.id, self._delivery.sender), done.language, now)
            case Refused(reply):
                log.warning("mail refused for good", outreach=row.id, customer=row.customer_id, reply=reply)
                return outreach.refused(row, reply, now)
            case PutOff(reply):
                log.warning("mail put off", outreach=row.id, customer=row.customer_id, reply=reply)
                return outreach.put_off(row, reply, now)

    def _announce(self, rows: Sequence[Outreach]) -> None:
        if rows:
            self._publish([announcement(row) for row in rows])
            self._store.announced([row.id for row in rows])


def _recipient(entry: Entry | None) -> str | None:
    emails = entry.profile.emails if entry and entry.profile else ()
    return next(filter(None, map(usable_address, emails)), None)


def _slices(rows: Sequence[Outreach], size: int) -> Iterator[Sequence[Outreach]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

"""From "this may go out now" to what the mail server said of it: write, address, hand over."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from jinja2 import TemplateError

from services.notifications.domain import outreach
from services.notifications.domain.audience import Entry
from services.notifications.domain.outreach import Outreach, Policy
from services.notifications.domain.quiet import known_zone
from services.notifications.formats import clean
from services.notifications.mail import Sender, compose, message_id, usable_address
from services.notifications.rendering import Renderer, Text, titles_of
from services.notifications.smtp import Accepted, Mailer, Outcome, PutOff, Refused, Server
from wafa.runtime.settings import Settings, SettingsError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A message that may go out now, to `recipient`, a usable address of the customer in `entry`."""

    row: Outreach
    policy: Policy
    entry: Entry
    recipient: str
    now: datetime


@dataclass(frozen=True, slots=True)
class NotMade:
    """No message can be made of what is known of the customer; `fault` says why."""

    fault: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a job, and in which language its message was written."""

    job: Job
    outcome: Outcome | NotMade
    language: str = ""

    @property
    def server_away(self) -> bool:
        """Whether other messages would have fared no better."""
        return isinstance(self.outcome, PutOff) and self.outcome.away


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages go out: through what, in whose name, in which words. Safe to share among threads."""

    mailer: Mailer
    sender: Sender
    renderer: Renderer

    @classmethod
    def from_settings(cls, settings: Settings) -> "Delivery":
        """Return how messages go out by these settings. Raises `SettingsError` if they cannot be used."""
        try:
            return cls(
                Mailer(Server.parse(settings.smtp_url)),
                Sender.parse(settings.mail_from),
                Renderer(titles_of(settings.loyalty_program)),
            )
        except ValueError as error:
            raise SettingsError(str(error)) from error

    def deliver(self, job: Job) -> Delivered:
        """Write the message and hand it over."""
        try:
            text = self._text(job)
            mail = compose(job.row.id, text, sender=self.sender, recipient=job.recipient, now=job.now)
        except Exception as error:
            log.error("message cannot be made", **_names(job.row), error=repr(error))
            fault = f"not made: {type(error).__name__}"
            # A template is ours to mend: until then its messages wait like those that the server puts off.
            return Delivered(job, PutOff(fault) if isinstance(error, TemplateError) else NotMade(fault))
        return Delivered(job, self.mailer.send(mail), text.language)

    def settled(self, done: Delivered, now: datetime) -> Outreach:
        """Return the row as the outcome leaves it."""
        row = done.job.row
        match done.outcome:
            case Accepted():
                return outreach.accepted(row, message_id(row.id, self.sender), done.language, now)
            case Refused(reply):
                log.warning("mail refused for good", **_names(row), reply=reply)
                return outreach.refused(row, reply, now)
            case PutOff(reply):
                log.warning("mail put off", **_names(row), reply=reply)
                return outreach.put_off(row, reply, now)
            case NotMade(fault):
                return outreach.failed(row, fault, now)

    def _text(self, job: Job) -> Text:
        profile, member = job.entry.profile, job.entry.member
        assert profile, "only a customer who is known is sent anything"
        assert member, "only a customer who is known is sent anything"
        spoken = self.renderer.speech(job.policy.template, profile.locale, job.policy.locale)
        zone = known_zone(profile.timezone, job.policy.zone)
        data = {
            "name": clean(profile.name or ""),
            "tier": self.renderer.tier_title(member.tier, spoken.language),
            "points": member.points,
            "today": job.now.astimezone(ZoneInfo(zone)).date(),
            "brand": self.sender.name,
            "contact": self.sender.address,
        }
        return self.renderer.render(job.policy.template, spoken, data)


def recipient_of(entry: Entry | None) -> str | None:
    """Return the first of a customer's addresses that mail can be sent to."""
    emails = entry.profile.emails if entry and entry.profile else ()
    return next(filter(None, map(usable_address, emails)), None)


def _names(row: Outreach) -> dict[str, str]:
    return {"outreach_id": row.id, "customer_id": row.customer_id}

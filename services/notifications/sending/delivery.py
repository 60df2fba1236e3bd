"""From "this may go out now" to what the far end said of it: write, address, hand over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from services.notifications.campaigns.book import Book
from services.notifications.channels import configured, with_calls
from services.notifications.channels.mail import Sender
from services.notifications.channels.outcomes import Accepted, Channel, Message, Outcome, PutOff, Refused
from services.notifications.channels.words import kept_words
from services.notifications.domain import outreach
from services.notifications.domain.campaign import Grant
from services.notifications.domain.facts import Amount
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.quiet import known_zone
from services.notifications.replies.links import Links
from services.notifications.sending.deciding import Job
from services.notifications.sending.marking import mark
from services.notifications.store import NotificationsStore
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.text import Broken, Order, Text
from services.notifications.texts.titles import titles_of
from wafa.contracts.traces import trace_id
from wafa.runtime.settings import Settings, SettingsError
from wafa.runtime.tracing import Kind, Tracer, begun

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages go out: through what, in whose name, in which words. Safe to share among threads."""

    channels: Mapping[str, Channel]
    sender: Sender
    renderer: Renderer
    links: Links
    tracer: Tracer | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Delivery":
        """Return how messages go out by these settings. Raises `SettingsError` if they cannot be used."""
        try:
            renderer = Renderer(titles_of(settings.loyalty_program))
            sender = Sender.parse(settings.mail_from)
        except ValueError as error:
            raise SettingsError(str(error)) from error
        return cls(configured(settings), sender, renderer, Links.from_settings(settings))

    def with_calls(self, store: NotificationsStore) -> "Delivery":
        """Return the same with the call list of this store."""
        return replace(self, channels=with_calls(self.channels, store))

    def traced_by(self, tracer: Tracer | None) -> "Delivery":
        """Return the same with a span for each message that belongs to a trace."""
        return replace(self, tracer=tracer)

    def close(self) -> None:
        """End what was started to write texts."""
        self.renderer.close()

    def write(self, jobs: Sequence[Job], book: Book) -> list[Message | Broken]:
        """Return the message of each job, or why there is none."""
        links = [self._links(job) for job in jobs]
        orders = [self._order(job, signed, book) for job, signed in zip(jobs, links, strict=True)]
        texts = self.renderer.render_all(orders)
        return [
            text if isinstance(text, Broken) else _message(job, text, signed["unsubscribe"])
            for job, text, signed in zip(jobs, texts, links, strict=True)
        ]

    def hand_over(self, job: Job, message: Message) -> Outcome | Broken:
        """Hand a message over to its channel. Whatever goes wrong concerns this message only.

        `Broken` is a fault of ours, which is held against nobody's address.
        """
        row = job.row
        about = {"wafa.outreach_id": row.id, "wafa.campaign": row.campaign, "wafa.channel": row.channel}
        span = begun(self.tracer, f"send {row.channel}", Kind.CLIENT, row.traceparent, about)
        outcome = self._hand_over(job, message)
        if span:
            span.end(None if isinstance(outcome, Accepted) else type(outcome).__name__)
        log.debug("handed over", **_names(row), outcome=type(outcome).__name__)
        return outcome

    def _hand_over(self, job: Job, message: Message) -> Outcome | Broken:
        try:
            return self.channels[job.row.channel].send(message)
        except Exception as error:
            said = kept_words(repr(error), job.recipient)
            log.error("message cannot be made", **_names(job.row), error=said)
            return Broken(f"not made: {type(error).__name__}", ours=False)

    def _order(self, job: Job, links: Mapping[str, str | None], book: Book) -> Order:
        profile = job.entry.profile
        assert profile, "only a customer who is known is sent anything"
        key = job.row.campaign_key
        data = self._data(job) | links
        return Order(key, book.texts(key), job.step.template, profile.locale, job.campaign.locale, data)

    def _data(self, job: Job) -> dict[str, object]:
        """Return what a text may speak of; a text that asks for more is broken."""
        row, profile, member = job.row, job.entry.profile, job.entry.member
        expiring, next_tier = (member.points_expiring, member.next_tier) if member else (None, None)
        grants = [step.points for step in job.campaign.all_steps() if isinstance(step, Grant)]
        return {
            **row.context,
            "name": (profile.name if profile else None) or "",
            "zone": known_zone(profile.timezone if profile else None, job.campaign.zone),
            "today": job.now,
            "brand": self.sender.name,
            "contact": self.sender.address,
            "tier": member.tier if member else "",
            "points": member.points if member else 0,
            "points_expiring": expiring.points if expiring else 0,
            "points_expire_at": expiring.at if expiring else None,
            "next_tier": next_tier.tier if next_tier else "",
            "next_tier_missing": _money(next_tier.missing) if next_tier else None,
            "purchase_count": member.purchase_count if member else 0,
            "first_purchase_at": member.first_purchase_at if member else None,
            "last_purchase_at": member.last_purchase_at if member else None,
            "due_at": member.due_at if member else None,
            "granted": sum(grants),
        }

    def _links(self, job: Job) -> dict[str, str | None]:
        """Return the links that a text may offer, each signed once; only a complaint asks for an answer."""
        id, asked = job.row.id, "complaint_id" in job.row.context
        return {
            "unsubscribe": self.links.unsubscribe(id),
            "answer_yes": self.links.answer(id, "yes") if asked else None,
            "answer_no": self.links.answer(id, "no") if asked else None,
        }


def _message(job: Job, text: Text, unsubscribe: str | None) -> Message:
    return Message(
        outreach_id=job.row.id,
        customer_id=job.row.customer_id,
        recipient=job.recipient,
        language=text.language,
        direction=text.direction,
        subject=text.subject,
        plain=text.plain,
        html=text.html,
        short=text.short,
        now=job.now,
        unsubscribe=unsubscribe,
        purpose=job.campaign.purpose.consent,
    )


def settled(job: Job, message: Message, outcome: Outcome | Broken, now: datetime) -> Outreach:
    """Return the row as the outcome leaves it."""
    row = job.row
    match outcome:
        case Accepted(message_id):
            return outreach.accepted(row, message_id, message.language, mark(job.recipient), now)
        case Refused(reply):
            log.warning("refused for good", **_names(row), channel=row.channel, reply=reply)
            return outreach.refused(row, job.step.channels, reply, now)
        case PutOff(reply, _, seconds):
            log.warning("put off", **_names(row), channel=row.channel, reply=reply)
            return outreach.put_off(row, reply, now, at_least=timedelta(seconds=seconds or 0))
        case Broken(fault):
            return outreach.failed(row, fault, now)


def not_written(job: Job, broken: Broken, now: datetime) -> Outreach:
    """Return the row of a message that could not be written; one that we shall mend waits."""
    log.error("message cannot be written", **_names(job.row), fault=broken.fault)
    return (outreach.put_off if broken.ours else outreach.failed)(job.row, broken.fault, now)


def _money(amount: Amount) -> dict[str, str]:
    return {"amount": str(amount.amount), "currency": amount.currency}


def _names(row: Outreach) -> dict[str, str]:
    named = {"outreach_id": row.id, "customer_id": row.customer_id, "campaign": row.campaign}
    named["correlation_id"] = row.correlation
    return named | ({"trace_id": trace_id(row.traceparent)} if row.traceparent else {})

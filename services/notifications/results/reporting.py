"""What a campaign did and what came of it, in figures and in sentences.

Messages are counted one by one. Conversions are counted by journey: once for each customer and occurrence,
from the first contact on (of a held-out customer: from the moment at which that would have been), by the
channel, language, tier and day of that contact. So a journey of three messages has one success at most, and
those who were held out, who get no second chance either, are measured by the same yardstick.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.choosing import chosen, with_mistakes
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.domain.campaign import Campaign
from services.notifications.domain.decision import Reason
from services.notifications.domain.lift import Group, Interval, Lift, Verdict, lift, per_head
from services.notifications.domain.outreach import CONTACTED, LIVE, State
from services.notifications.results.conclusions import sentences
from services.notifications.store import NotificationsStore
from wafa.contracts.currencies import DECIMALS
from wafa.contracts.times import format_time

Line = Mapping[str, Any]
Plain = dict[str, Any]
#: What the tables of a report tell apart.
BY = ("channel", "language", "tier", "day")


@with_mistakes
def campaign_report(store: NotificationsStore, book: Book, campaign: object, now: datetime) -> Plain:
    """Return the report of a campaign, with its title and what is done with it now."""
    newest = chosen(book, campaign)
    control = book.control(newest.id)
    found = report(store, newest.id, book.version, book.policy, now)
    return {**found, "title": dict(newest.title), "state": control.shown_state if control else None}


def report(
    store: NotificationsStore,
    campaign_id: str,
    version: Callable[[str], Campaign | None],
    policy: OutreachPolicy,
    now: datetime,
) -> Plain:
    """Return the report of a campaign as plain JSON; of one without messages it is full of zeros.

    Shares are between 0 and 1, money is decimal text, `null` stands for what cannot be said. Two passes over
    the campaign's rows, both in the database.
    """
    messages, journeys = store.tally(campaign_id), store.journeys(campaign_id)
    whole = _Measured.of(journeys)
    effect = lift(whole.contacted.group, whole.held_out.group)
    costs = _costs(messages, policy)
    versions = {line["version"]: version(f"{campaign_id}@{line['version']}") for line in journeys}
    found = {
        "campaign": campaign_id,
        "as_of": format_time(now),
        "window_days": sorted({one.window.total_seconds() / 86_400 for one in versions.values() if one}),
        "window_open": _still_open(journeys, versions, now),
        "messages": _messages(messages),
        "contacted": whole.contacted.plain(),
        "held_out": whole.held_out.plain(),
        "lift": _plain_lift(effect) if effect else None,
        "cost": [_money(amount, currency) for currency, amount in sorted(costs.items())],
        "cost_per_extra_conversion": _cost_of_one(costs, effect),
        "by": {name: _table(name, messages, journeys) for name in BY},
    }
    return found | {"words": sentences(found)}


@dataclass(slots=True)
class _Side:
    """The contacted, or the held out."""

    people: int = 0
    converted: int = 0
    minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, line: Line) -> None:
        self.people += line["people"]
        self.converted += line["converted"]
        if line["currency"] is not None:
            self.minor[line["currency"]] += line["minor"]

    @property
    def group(self) -> Group:
        return Group(self.people, self.converted)

    def plain(self) -> Plain:
        group = self.group
        heads = {one: per_head(minor, self.people) for one, minor in self.minor.items()}
        return {
            "people": self.people,
            "converted": self.converted,
            "rate": group.rate,
            "interval": _ends(group.interval) if self.people else None,
            "revenue": [_money(_major(minor, one), one) for one, minor in sorted(self.minor.items())],
            "revenue_per_head": [
                _money(_major(head, one), one) for one, head in sorted(heads.items()) if head is not None
            ],
        }


@dataclass(slots=True)
class _Measured:
    """Both sides of a comparison."""

    contacted: _Side = field(default_factory=_Side)
    held_out: _Side = field(default_factory=_Side)

    @classmethod
    def of(cls, journeys: Iterable[Line]) -> "_Measured":
        both = cls()
        for line in journeys:
            (both.held_out if line["held_out"] else both.contacted).add(line)
        return both


def _messages(lines: Sequence[Line]) -> Plain:
    def count(wanted: Callable[[Line], bool], name: str | None = None) -> Any:
        counted: dict[str, int] = defaultdict(int)
        for line in lines:
            if wanted(line):
                counted[str(line[name]) if name else ""] += line["rows"]
        return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0]))) if name else counted[""]

    return {
        "planned": count(lambda line: True),
        "waiting": count(lambda line: line["state"] in LIVE),
        "sent": count(lambda line: line["state"] in CONTACTED),
        "sent_by_channel": count(lambda line: line["state"] in CONTACTED, "channel"),
        "bounced": count(lambda line: line["state"] == State.BOUNCED),
        "failed": count(lambda line: line["state"] == State.FAILED),
        "failed_by_reason": count(lambda line: line["state"] == State.FAILED, "reason"),
        "held_out": count(_is_held_out),
        "suppressed": count(_is_suppressed),
        "suppressed_by_reason": count(_is_suppressed, "reason"),
    }


def _is_held_out(line: Line) -> bool:
    return bool(line["state"] == State.DROPPED and line["reason"] == Reason.HOLDOUT)


def _is_suppressed(line: Line) -> bool:
    return bool(line["state"] == State.DROPPED and line["reason"] != Reason.HOLDOUT)


def _table(name: str, messages: Sequence[Line], journeys: Sequence[Line]) -> list[Plain]:
    """Return a line for each channel, language, tier or day, with what can be said of it alone."""
    values = {line[name] for line in (*messages, *journeys)} - {None}
    table = []
    for value in sorted(values):
        both = _Measured.of(line for line in journeys if line[name] == value)
        mine = [line for line in messages if line[name] == value]
        effect = lift(both.contacted.group, both.held_out.group)
        table.append(
            {
                name: value,
                "sent": sum(line["rows"] for line in mine if line["state"] in CONTACTED),
                "suppressed": sum(line["rows"] for line in mine if _is_suppressed(line)),
                "contacted": both.contacted.plain(),
                "held_out": both.held_out.plain(),
                "lift": _plain_lift(effect) if effect else None,
            }
        )
    return table


def _still_open(journeys: Iterable[Line], versions: Mapping[int, Campaign | None], now: datetime) -> int:
    """Return of how many the window is not over yet, or was not at the end of their day."""
    still = 0
    for line in journeys:
        campaign = versions[line["version"]]
        ends = datetime.combine(date.fromisoformat(line["day"]), time.max, UTC)
        if campaign and ends + campaign.window > now:
            still += line["people"]
    return still


def _costs(messages: Iterable[Line], policy: OutreachPolicy) -> dict[str, Decimal]:
    """Return what was sent cost, by currency. What came back was paid for as well."""
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for line in messages:
        if line["state"] in CONTACTED and (cost := policy.channel(line["channel"]).cost):
            costs[cost.currency] += cost.amount * line["rows"]
    return dict(costs)


def _cost_of_one(costs: Mapping[str, Decimal], effect: Lift | None) -> Plain | None:
    """Return what a purchase cost that would not have been made; only where that many were, for certain."""
    if effect is None or effect.verdict is not Verdict.MORE or len(costs) != 1:
        return None
    [(currency, cost)] = costs.items()
    return _money((cost / Decimal(effect.extra)).quantize(_unit(currency)), currency)


def _plain_lift(effect: Lift) -> Plain:
    return {
        "difference": effect.difference,
        "interval": _ends(effect.interval),
        "relative": effect.relative,
        "extra_conversions": effect.extra,
        "verdict": effect.verdict.value,
    }


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _major(minor: int | Decimal, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-DECIMALS[currency]).quantize(_unit(currency))


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-DECIMALS[currency])


def _money(amount: Decimal, currency: str) -> Plain:
    return {"amount": f"{amount:f}", "currency": currency}

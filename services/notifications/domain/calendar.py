"""What the calendar brings: points about to expire, and anniversaries. All days are those of UTC.

Each day is asked once, for everybody whom it concerns. After days on which nobody asked, an anniversary is
made up for while it is not too late, and an expiry is found as long as it lies ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.notifications.domain.campaign import Campaign, On, Trigger
from services.notifications.domain.rule import And, Comparison, Day, DayOfYear, Instant, Rule
from services.notifications.domain.traits import Traits

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A look at everybody on a day: whom to look for, and what it is for each.

    `targets` are the anniversaries that are meant: the day of the first purchase as MM-DD -> the day in
    question.
    """

    on: On
    rule: Rule
    targets: Mapping[str, date]

    def occasion(self, traits: Traits) -> tuple[str, dict[str, str]] | None:
        """Return the occurrence for a customer who was found, and what a journey keeps of it."""
        if self.on is On.POINTS_EXPIRING:
            at: datetime = traits["points_expire_at"]
            return f"{at.astimezone(UTC):%Y-%m-%d}", {"points_expire_at": _moment(at)}
        day = self.targets.get(traits["anniversary"])
        first: datetime | None = traits.get("first_purchase_at")
        if day is None or first is None or first.year >= day.year:
            return None
        return f"{day.year}", {"day": day.isoformat(), "years": f"{day.year - first.year}"}


def sweep(campaign: Campaign, today: date, swept: date | None, now: datetime) -> Sweep:
    """Return the sweep of a campaign for `today`; `swept` is the last day that was done before it."""
    start = campaign.start
    assert isinstance(start, Trigger)
    ahead = timedelta(days=start.days_before)
    targets: dict[str, date] = {}
    if start.on is On.POINTS_EXPIRING:
        # A moment already gone when the day is swept late is no occasion any more.
        rules: tuple[Rule, ...] = (
            Comparison("points_expire_at", "ge", Instant(max(now, datetime.combine(today, time(), UTC)))),
            Comparison("points_expire_at", "le", Day(today + ahead)),
        )
    else:
        for day in _days(today, swept, campaign.keep_trying):
            targets |= dict.fromkeys(anniversaries_on(day + ahead), day + ahead)
        rules = (Comparison("anniversary", "in", tuple(DayOfYear(one) for one in targets)),)
    return Sweep(start.on, And(rules + ((campaign.audience,) if campaign.audience else ())), targets)


def anniversaries_on(day: date) -> tuple[str, ...]:
    """Return the days of a year whose anniversary is on `day`: 29 February's is the 28th in other years."""
    if (day.month, day.day) == (2, 28) and (day + ONE_DAY).month == 3:
        return ("02-28", "02-29")
    return (f"{day:%m-%d}",)


def _days(today: date, swept: date | None, patience: timedelta) -> list[date]:
    """Return the days to be done: today and those that were left out, as far as a message may be late."""
    first = max(swept + ONE_DAY, today - timedelta(days=patience.days)) if swept else today
    return [today - ONE_DAY * back for back in range(max(0, (today - first).days) + 1)]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""The planner: turns a broadcast, and what the calendar brings, into rows, page by page of the audience.

It notes how far it has come only when the rows of a page are in the database. So one that dies in between
leaves a page that is planned again, to no effect: the ids of rows are made of whom and what they are for. Two
that plan at once, because a lease lapsed or clocks differ, do no harm for the same reason.

Whoever comes into the segment while a broadcast is being planned is reached if their id lies ahead; who is
behind is not. Aliases and people who were erased are in no segment.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import structlog

from services.notifications.audience.segment_query import query
from services.notifications.campaigns.book import Book
from services.notifications.campaigns.control import Control, Plan
from services.notifications.domain.audience import Entry
from services.notifications.domain.calendar import Sweep, sweep
from services.notifications.domain.campaign import DAILY, Broadcast, Campaign, Trigger
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.traits import traits_of
from services.notifications.planning.journeys import enrol
from services.notifications.planning.keeping import keep
from services.notifications.store import NotificationsStore
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

#: What a planner held that died is somebody else's after so long.
LEASE = timedelta(seconds=20)
PAGE = 500
#: A broadcast happens once: launched again, it reaches those only who have not been reached yet.
OCCURRENCE = "once"


class Planner:
    """Plans whatever is to be planned now. Any number of them may run."""

    def __init__(
        self,
        store: NotificationsStore,
        book: Book,
        clock: Callable[[], datetime],
        *,
        page: int = PAGE,
        lease: timedelta = LEASE,
    ) -> None:
        """Plan `page` customers at a time, and be given up for dead after `lease`."""
        self._store = store
        self._book = book
        self._clock = clock
        self._page = page
        self._lease = lease

    def plan_due(self, seconds: float = 2) -> int:
        """Work until everything is planned or `seconds` are over; return how many rows were planned.

        Raises:
            one of `wafa.runtime.transient.TRANSIENT`: the database is away. Nothing is forgotten.
        """
        ends = time.monotonic() + seconds
        planned = 0
        for control in self._book.controls_running():
            if time.monotonic() >= ends:
                break
            campaign = self._book.version(f"{control.campaign}@{control.version}")
            if campaign and not control.paused:
                planned += self._alone(control, campaign, ends)
        return planned

    def _alone(self, control: Control, campaign: Campaign, ends: float) -> int:
        """Plan one campaign; whatever is wrong with it concerns no other."""
        try:
            return self._plan(control, campaign, ends)
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("campaign cannot be planned", campaign=campaign.key)
            return 0

    def _plan(self, control: Control, campaign: Campaign, ends: float) -> int:
        now = self._clock()
        ready = self._ready(control, campaign, now)
        if ready is None or ready.plan is None or ready.plan.done_at:
            return 0
        token = uuid.uuid4().hex
        held = self._store.take_plan(control.campaign, ready.plan.run, token, now, now + self._lease)
        if held is None:
            return 0
        try:
            return self._pages(held, campaign, token, ends)
        finally:
            self._store.leave_plan(control.campaign, token)

    def _ready(self, control: Control, campaign: Campaign, now: datetime) -> Control | None:
        """Return the campaign if there is something to plan; a new day of the calendar begins a new plan."""
        start = campaign.start
        if isinstance(start, Broadcast):
            return control if start.at is None or start.at <= now else None
        if start.on not in DAILY:
            return None
        today, before = now.astimezone(UTC).date().isoformat(), control.plan
        if before and before.run == today:
            return control
        swept = (before.run if before.done_at else before.swept) if before else None
        return self._store.begin_plan(control.campaign, before, Plan(run=today, started_at=now, swept=swept))

    def _pages(self, held: Control, campaign: Campaign, token: str, ends: float) -> int:
        """Plan page by page, as long as we may; return how many rows that made."""
        planned = 0
        while held.plan and held.version == campaign.version and time.monotonic() < ends:
            if self._store.rebuilding():
                break
            now = self._clock()
            reach = _Reach(campaign, held.plan, now)
            entries = self._store.audience_page(reach.filter, held.plan.after, self._page)
            rows = reach.rows(entries)
            keep(self._store, rows, now)
            planned += len(rows)
            if len(entries) < self._page:
                self._store.end_plan(campaign.id, token, _end(campaign, held.plan.planned + len(rows), now))
                break
            after, until = entries[-1].customer_id, now + self._lease
            noted = self._store.note_planned(campaign.id, token, after=after, planned=len(rows), until=until)
            if noted is None:
                break
            held = noted
        return planned


class _Reach:
    """Whom a campaign is to reach now, and the row for each."""

    def __init__(self, campaign: Campaign, plan: Plan, now: datetime) -> None:
        self._campaign = campaign
        self._now = now
        self._sweep: Sweep | None = None
        rule = campaign.audience
        if isinstance(campaign.start, Trigger):
            swept = date.fromisoformat(plan.swept) if plan.swept else None
            self._sweep = sweep(campaign, date.fromisoformat(plan.run), swept, now)
            rule = self._sweep.rule
        assert rule, "a broadcast without an audience is refused"
        self.filter = query(rule, now)

    def rows(self, entries: Sequence[Entry]) -> list[Outreach]:
        """Return the first row of each journey that begins with these customers."""
        return [row for entry in entries if (row := self._row(entry))]

    def _row(self, entry: Entry) -> Outreach | None:
        found = self._sweep.occasion(traits_of(entry)) if self._sweep else (OCCURRENCE, {})
        if found is None:
            return None
        occurrence, context = found
        name = self._campaign.key
        return enrol(
            self._campaign,
            entry.customer_id,
            occurrence,
            self._now,
            cause=name,
            correlation=name,
            context=context,
        )


def _end(campaign: Campaign, planned: int, now: datetime) -> dict[str, object]:
    """Return what is noted when all is planned: a broadcast is over, the calendar has another day."""
    over = {"state": "finished", "finished_at": now} if isinstance(campaign.start, Broadcast) else {}
    return {"plan.planned": planned, "plan.done_at": now, **over}

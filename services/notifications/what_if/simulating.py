"""The past of a campaign, played page by page over the audience; whoever asks adds up the pages."""

from datetime import datetime, timedelta
from typing import Any

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.choosing import (
    Answer,
    NotPossible,
    chosen,
    day,
    start_of,
    with_mistakes,
)
from services.notifications.domain.campaign import Broadcast, Campaign
from services.notifications.domain.occasions import Span, refusal
from services.notifications.domain.past import taken_as_today
from services.notifications.domain.simulation import Sums, simulate
from services.notifications.store import NotificationsStore
from services.notifications.what_if.meeting import EVERYBODY
from wafa.runtime.arguments import check_texts_given, check_whole

MOST = 1_000
#: Evaluations of a broadcast; more than a weekly one over five years.
MOST_TIMES = 300
LONGEST = 36_500


@with_mistakes
def campaign_simulate(
    store: NotificationsStore,
    book: Book,
    campaign: object,
    since: object,
    until: object = None,
    *,
    every: object = None,
    after: str | None = None,
    limit: int = 200,
    now: datetime,
) -> Answer:
    """Play the past of a campaign with the next customers in the order of their ids, those after `after`.

    `since` and `until` (today, where it is left out) are days, from the start of the one to the end of the
    other; every so many days a broadcast is imagined to go out again. The answer has the `sums` of this page,
    and `next`, which goes into `after` of the call for the next one; it is null with the last. The first page
    also has the `total` of customers, and what is taken as it is today (`as_today`).
    """
    version = chosen(book, campaign)
    span = _span(version, since, until, every, now)
    if why := refusal(version):
        raise NotPossible("campaign", f"the past of this campaign cannot be played: {why}")
    check_whole(limit=limit)
    check_texts_given(after=after)
    limit = max(1, min(limit, MOST))
    entries = store.audience_page(EVERYBODY, after, limit)
    answer = {
        "sums": _plain(simulate(version, entries, span)),
        "next": entries[-1].customer_id if len(entries) == limit else None,
    }
    if after is None:
        answer |= {
            "campaign": version.id,
            "version": version.version,
            "since": f"{span.since:%Y-%m-%d}",
            "until": f"{span.until - timedelta(milliseconds=1):%Y-%m-%d}",
            "window_days": version.window / timedelta(days=1),
            "total": store.count(EVERYBODY),
            "as_today": taken_as_today(version.audience),
        }
    return answer


def _span(campaign: Campaign, since: object, until: object, every: object, now: datetime) -> Span:
    begins = day("since", since)
    ends = now.date() if until is None else day("until", until)
    if begins > ends:
        raise NotPossible("since", f"{begins} is later than {ends}")
    if start_of(begins) >= now:
        raise NotPossible("since", f"{begins} is not over; `wafa campaign preview` looks ahead")
    if every is None:
        again = None
    else:
        check_whole(every=every)
        if not isinstance(campaign.start, Broadcast):
            raise NotPossible("every", "only a broadcast can be sent again and again")
        # Who wants it once in more than a lifetime wants it once.
        again = timedelta(days=max(0, min(int(str(every)), LONGEST)))
        if again.days < 1 or (ends - begins) / again > MOST_TIMES:
            raise NotPossible("every", f"expected at least 1 day, and at most {MOST_TIMES} times in all")
    return Span(
        start_of(begins), now if ends >= now.date() else start_of(ends) + timedelta(days=1), now, again
    )


def _plain(sums: Sums) -> Answer:
    months: dict[str, dict[str, int]] = {}
    for (month, name), number in sorted(sums.months.items()):
        months.setdefault(month, {})[name] = number
    plain: dict[str, Any] = {
        name: getattr(sums, name)
        for name in (
            "looked_at",
            "customers",
            "contacts",
            "bought",
            "held_out",
            "held_out_bought",
            "window_open",
        )
    }
    return {**plain, "suppressed": dict(sums.suppressed), "months": months}

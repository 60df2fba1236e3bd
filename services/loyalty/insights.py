"""Counts of how customers come back, for a page of members; whoever asks adds the pages up."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.insights import Known, Sums, days_of
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.program import Program
from services.loyalty.member import Member, aliases_of, applied
from services.loyalty.store import LoyaltyStore
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_texts_given, check_whole

MOST = 1000


def insights(
    store: LoyaltyStore, program: Program, now: datetime, after: str | None = None, limit: int = 500
) -> dict[str, Any]:
    """Return the sums over a page of members, by id, and `next`, which goes into `after` for the next page.

    Two queries for each page, and one page in memory. Money is decimal text in `currency`.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts_given(after=after)
    check_whole(limit=limit)
    limit = min(max(limit, 1), MOST)
    page = store.page_of_members(after, limit)
    rows = store.ledger([id for member in page for id in _ids(member)])
    sums = Sums()
    for member in page:
        ids = _ids(member)
        filed = [decode_fact(row["fact"]) for id in ids for row in rows[id]]
        days = days_of([*filed, *applied(member["pending"], ids)])
        seen = member["snapshot"]
        sums.add(Known(days, member["spend"], seen["tier"], seen.get("standing")))

    def money(minor: dict[str, int]) -> dict[str, str]:
        return {name: f"{from_minor(amount, program):f}" for name, amount in minor.items()}

    return {
        "as_of": format_time(now),
        "currency": program.base_currency,
        "members": sums.members,
        "buyers": sums.buyers,
        "repeat": sums.repeat,
        "gaps": {str(days): number for days, number in sums.gaps.items()},
        "cohorts": sums.cohorts,
        "cohort_spend": money(sums.spends),
        "months": sums.months,
        "tiers": sums.tiers,
        "tier_spend": money(sums.tier_spends),
        "standings": sums.standings,
        "next": page[-1]["_id"] if len(page) == limit else None,
    }


def _ids(member: Member) -> list[str]:
    return [member["_id"], *(alias["id"] for alias in aliases_of(member))]

"""Sums of loyalty over all members -> the figures of `wafa insights`; docs/insights.md defines each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

#: Cents of an average.
_PLACES = Decimal("0.01")


def figures(pages: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures over all pages; a rate is null where there is nobody to be counted."""
    counts: Counter[str] = Counter()
    gaps: Counter[int] = Counter()
    tiers: Counter[str] = Counter()
    standings: Counter[str] = Counter()
    money: dict[str, dict[str, Decimal]] = {"cohort_spend": {}, "tier_spend": {}}
    tables: dict[str, dict[str, Counter[str]]] = {"cohorts": {}, "months": {}}
    as_of, currency = "", ""
    for page in pages:
        as_of, currency = as_of or page["as_of"], page["currency"]
        counts.update({name: page[name] for name in ("members", "buyers", "repeat")})
        gaps.update({int(days): number for days, number in page["gaps"].items()})
        tiers.update(page["tiers"])
        standings.update(page["standings"])
        for name, sums in money.items():
            for key, amount in page[name].items():
                sums[key] = sums.get(key, Decimal(0)) + Decimal(amount)
        for name, table in tables.items():
            for key, row in page[name].items():
                table.setdefault(key, Counter()).update(row)
    return {
        "as_of": as_of,
        "currency": currency,
        "members": counts["members"],
        "buyers": counts["buyers"],
        "repeat": counts["repeat"],
        "repeat_rate": _rate(counts["repeat"], counts["buyers"]),
        "intervals": gaps.total(),
        "median_interval_days": median(gaps),
        "mean_interval_days": _mean(gaps),
        "months": _months(tables["months"], as_of[:7]),
        "cohorts": _cohorts(tables["cohorts"], money["cohort_spend"], as_of[:7]),
        "tiers": [_tier(name, number, money["tier_spend"][name]) for name, number in tiers.items()],
        "standings": dict(standings),
    }


def median(numbers: Mapping[int, int]) -> float | None:
    """Return the median of whole numbers, given how often each comes; of an even number the mean of two."""
    count = sum(numbers.values())
    if not count:
        return None
    low, high, passed = (count - 1) // 2, count // 2, 0
    found: list[int] = []
    for value in sorted(numbers):
        passed += numbers[value]
        while len(found) < 2 and passed > (low, high)[len(found)]:
            found.append(value)
    return sum(found) / 2


def months_between(first: str, last: str) -> list[str]:
    """Return the months from one to another, both among them."""
    start, end = _number(first), _number(last)
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def _months(counted: Mapping[str, Mapping[str, int]], running: str) -> list[dict[str, Any]]:
    """Return each month from the first purchase on. Of the running one nobody knows yet who left."""
    if not counted:
        return []
    found, before = [], 0
    for month in months_between(min(counted), max(running, *counted)):
        row = counted.get(month, {})
        active, new, stayed = (row.get(name, 0) for name in ("active", "new", "stayed"))
        complete = month < running
        retention = _rate(stayed, before) if complete else None
        found.append(
            {
                "month": month,
                "complete": complete,
                "active": active,
                "new": new,
                "stayed": stayed,
                "back": active - new - stayed,
                "left": before - stayed if complete else None,
                "retention": retention,
                "churn": None if retention is None else round(1 - retention, 6),
            }
        )
        before = active
    return found


def _cohorts(
    counted: Mapping[str, Mapping[str, int]], spends: Mapping[str, Decimal], running: str
) -> list[dict[str, Any]]:
    found = []
    for cohort in sorted(counted):
        row, size = counted[cohort], counted[cohort][cohort]
        months = months_between(cohort, max(running, *row))
        active = [row.get(month, 0) for month in months]
        found.append(
            {
                "cohort": cohort,
                "members": size,
                "active": active,
                "retention": [
                    _rate(number, size) if month < running else None
                    for month, number in zip(months, active, strict=True)
                ],
                "spend": f"{spends[cohort]:f}",
                "spend_per_member": _average(spends[cohort], size),
            }
        )
    return found


def _tier(name: str, members: int, spend: Decimal) -> dict[str, Any]:
    return {
        "tier": name,
        "members": members,
        "spend": f"{spend:f}",
        "spend_per_member": _average(spend, members),
    }


def _average(spend: Decimal, members: int) -> str | None:
    return f"{(spend / members).quantize(_PLACES):f}" if members else None


def _mean(gaps: Mapping[int, int]) -> float | None:
    number = sum(gaps.values())
    return round(sum(days * times for days, times in gaps.items()) / number, 4) if number else None


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1

"""Does Wafa say what the file says?"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wafa.demo.expected import Expected
from wafa.demo.observed import Observed

Member = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, as it follows from the file and as Wafa has it."""

    what: str
    file: str
    wafa: str

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.file == self.wafa


def reconcile(expected: Expected, observed: Observed, published: int, mails: int) -> list[Line]:
    """Return the comparison, figure by figure; `mails` is the number of messages in the mail sink."""
    spend = sum(expected.spend.values())
    summary, members = observed.summary, observed.members
    tiers = {tier for tier, number in summary["tiers"].items() if number} | set(expected.tiers)
    return [
        _line("events published and confirmed", expected.purchases.total(), published),
        _line("interactions stored", expected.purchases.total(), observed.records),
        _line("spend in the interactions", spend, Decimal(observed.minor).scaleb(-2)),
        _line("spend in the ledger", spend, Decimal(summary["spend"]["amount"])),
        _line("customers", len(expected.purchases), summary["members"]),
        _line("  whose number of purchases differs", 0, _differing(expected.purchases, members, _purchases)),
        _line("  whose spend differs", 0, _differing(expected.spend, members, _spend)),
        _line("repeat customers", len(expected.repeat), summary["repeat"]),
        *(
            _line(f"members in tier {tier}", expected.tiers[tier], summary["tiers"][tier])
            for tier in sorted(tiers)
        ),
        _line("points", expected.points, summary["points"]),
        _line("mails in the mail sink", expected.mailed, mails),
        _line("mails sent, by Wafa's own books", expected.mailed, observed.outreach["states"].get("sent", 0)),
        _line("  not sent, for a reason", _withheld(expected), _reasons(observed)),
        _line("rejected", 0, sum(observed.rejected.values())),
    ]


def _line(what: str, file: object, wafa: object) -> Line:
    return Line(
        what, *(f"{value:,}" if isinstance(value, int | Decimal) else str(value) for value in (file, wafa))
    )


def _purchases(member: Member) -> object:
    return member["purchase_count"]


def _spend(member: Member) -> object:
    return Decimal(member["spend"]["amount"])


def _differing(
    expected: Mapping[str, object], members: Mapping[str, Member], figure: Callable[[Member], object]
) -> int:
    seen = {customer: figure(member) for customer, member in members.items()}
    return sum(seen.get(customer) != value for customer, value in expected.items())


def _withheld(expected: Expected) -> str:
    return _counted(expected.withheld)


def _reasons(observed: Observed) -> str:
    return _counted(Counter(observed.outreach["reasons"]))


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items())) or "none"

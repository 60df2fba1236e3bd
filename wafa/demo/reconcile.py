"""Does Wafa say what the file says?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wafa.demo.expected import Expected
from wafa.demo.following import Broadcast
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
        _line("thanked for coming back", expected.mailed, observed.recognition["states"].get("sent", 0)),
        _line("  not thanked, for a reason", _counted(expected.withheld), _reasons(observed)),
        _line("rejected", 0, sum(observed.rejected.values())),
        _line("mails in the sink, and in Wafa's books", mails, observed.outreach["states"].get("sent", 0)),
    ]


def reconcile_broadcast(expected: Broadcast, report: Mapping[str, Any]) -> list[Line]:
    """Return the comparison of the win-back broadcast with its report."""
    messages, contacted, held_out = report["messages"], report["contacted"], report["held_out"]
    [revenue] = [one["amount"] for one in contacted["revenue"]] or ["0"]
    return [
        _line("win-back: audience", expected.audience, messages["planned"]),
        _line("  contacted", len(expected.contacted), messages["sent"]),
        _line("  held out", len(expected.held_out), messages["held_out"]),
        _line("  suppressed", _counted(expected.suppressed), _counted(messages["suppressed_by_reason"])),
        _line("  contacted who bought", expected.converted["contacted"], contacted["converted"]),
        _line("  held out who bought", expected.converted["held_out"], held_out["converted"]),
        _line("  first purchases of the contacted", expected.revenue, Decimal(revenue)),
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


def _reasons(observed: Observed) -> str:
    return _counted(observed.recognition["reasons"])


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items())) or "none"

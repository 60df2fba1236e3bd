"""What the ledger lacks of interactions, for whoever tells loyalty again; this changes nothing."""

from collections.abc import Sequence

from services.loyalty.domain.program import Program
from services.loyalty.handlers import entries_of
from services.loyalty.member import is_erased
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event
from wafa.contracts.validators import kind_of
from wafa.runtime.errors import InvalidArgument


def lacking(store: LoyaltyStore, program: Program, events: Sequence[Event]) -> list[str]:
    """Return the ids of those of these recorded interactions that belong in the ledger and are not in it.

    What has no effect here does not belong there: other types, currencies without a rate, who was erased.

    Raises:
        InvalidArgument: the events are no list.
    """
    if not isinstance(events, list):
        raise InvalidArgument("events", f"must be an array, not {kind_of(events)}")
    entries, _ = entries_of(events, program)
    filed = store.receipts([entry.fact.key for entry in entries])
    missing = [entry for entry in entries if entry.fact.key not in filed]
    known = store.members({entry.customer_id for entry in missing})
    return [entry.fact.key for entry in missing if not is_erased(known.get(entry.customer_id))]

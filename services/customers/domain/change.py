"""A change of who is who: a merge, its undoing, or an erasure, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MERGE, UNMERGE, ERASE = "merge", "unmerge", "erase"
REQUESTED, PUBLISHED, WITHDRAWN = "requested", "published", "withdrawn"

#: Who has to bring a change to effect before it is complete, and says so.
APPLIED_BY = ("interactions", "loyalty", "notifications", "gateway")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the journal. It names customers by id, and holds nothing else about them.

    A merge and its undoing have `from_id` and `into_id`; `customer_ids` are all that the change is about.
    `requested` becomes `published` when everybody can know, or `withdrawn` when it turned out impossible.
    `confirmed` says who has applied it, and when; `applied_by` who has to: those there were at the time.
    """

    change_id: str
    kind: str
    customer_ids: tuple[str, ...]
    requested_at: datetime
    from_id: str | None = None
    into_id: str | None = None
    state: str = REQUESTED
    published_at: datetime | None = None
    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    applied_by: tuple[str, ...] = APPLIED_BY

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """Who has not confirmed yet."""
        return tuple(service for service in self.applied_by if service not in self.confirmed)

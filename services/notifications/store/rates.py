"""Rates of channels, shared by all senders: one document a channel, two round trips a grant."""

from datetime import datetime

from bson import Int64
from pymongo.database import Database

from services.notifications.domain.rates import Limit, grant, microseconds, moment
from services.notifications.store.part import Part
from wafa.runtime.mongo import Document, insert_new


class Rates(Part):
    """What has been given away of each channel's rate."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._rates = database["rates"]

    def grant(self, channel: str, per_second: float, wanted: int, now: datetime) -> tuple[int, datetime]:
        """Return how many messages of `wanted` may go out now, and when the next one may.

        Whoever asks gets what nobody else got. A clock that is behind those of others gets less, never more.
        """
        limit, at = Limit.of(per_second), microseconds(now)
        while True:
            found = self._rates.find_one({"_id": channel})
            granted = grant(limit, int(found["full_at"]) if found else None, wanted, at)
            if self._noted(channel, found, granted.full_at):
                return granted.messages, moment(granted.next_at)

    def _noted(self, channel: str, found: Document | None, full_at: int) -> bool:
        """Write down until when the rate is used up; False where somebody else has since it was read.

        What is written only ever grows, so that what is found again is what was read.
        """
        after = {"_id": channel, "full_at": Int64(full_at)}
        if found is None:
            return not insert_new(self._rates, [after])
        as_read = {"_id": channel, "full_at": found["full_at"]}
        return bool(self._rates.replace_one(as_read, after).matched_count)

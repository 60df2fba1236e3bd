"""After a restore: what was due when the backup was made may have gone out since, and nobody knows."""

from datetime import datetime
from typing import Any

import structlog

from services.notifications.store import NotificationsStore
from wafa.contracts.validators import kind_of
from wafa.runtime.errors import InvalidArgument

log = structlog.get_logger(__name__)


def is_restored(store: NotificationsStore) -> bool:
    """Tell whether outreach waits because a backup was restored.

    Raises:
        InvalidArgument: the restore is not through, and a part of everything is missing.
    """
    mark = store.restored()
    if mark and mark.get("unfinished"):
        raise InvalidArgument(
            "",
            "a restore was interrupted, and data are missing: stop all services, and do `wafa restore` again",
        )
    return mark is not None


def go_on(store: NotificationsStore, send_due: bool, now: datetime) -> dict[str, Any]:
    """End the silence that `wafa restore` has begun: `{"dropped": messages}`.

    What is due by now is dropped as `expired`, or goes out after all with `send_due`: then some people are
    written to a second time. Without a restore nothing is done.

    Raises:
        InvalidArgument: an argument is of another type than its own, or the restore is not through.
    """
    if not isinstance(send_due, bool):
        raise InvalidArgument("send_due", f"must be true or false, not {kind_of(send_due)}")
    if not is_restored(store):
        return {"dropped": 0}
    # Before the silence ends: safe to repeat.
    dropped = 0 if send_due else store.drop_due(now)
    store.end_restore()
    log.warning("outreach goes on after a restore", dropped=dropped)
    return {"dropped": dropped}

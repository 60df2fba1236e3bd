"""After a restore: loyalty is told again of every interaction. What it knows it takes for a repetition."""

from collections.abc import Callable, Sequence
from typing import Any

from services.interactions.history import history
from services.interactions.store import InteractionStore
from wafa.runtime.publisher import Message
from wafa.runtime.retrying import told_again

#: Others make good what they lack by `wafa rebuild audience`; subscribers of webhooks have heard it.
LISTENER = "wafa.loyalty"


def retell(
    store: InteractionStore, send: Callable[[Sequence[Message]], None], after: str | None, limit: int
) -> dict[str, Any]:
    """Tell a page of what `history` has: `{"told": events, "next": the next page's after}`.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    page = history(store, after, limit)
    send(told_again(LISTENER, page["events"]))
    return {"told": len(page["events"]), "next": page["next"]}

"""Everything that is known about a person, asked of all services by the page."""

from collections.abc import Iterator
from typing import Any, Protocol

from wafa.runtime.paging import walk

PAGE = 200


class Services(Protocol):
    """What can be asked; a command has a client of its own, the front door one for all threads."""

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a service and return its answer."""


def compose(services: Services, customer_id: str) -> dict[str, Any] | None:
    """Return all that the services know of a person, `None` when nobody has that id.

    What customers knows (see its `dossier`), `interactions` newest first, `open_cases`, `member` and
    `ledger` (oldest first) of loyalty, `audience` and `outreach` of notifications.
    """
    known: dict[str, Any] | None = services.call("customers", "dossier", customer_id)
    if known is None:
        return None
    ids = [one["customer_id"] for one in known["records"]]
    # Whether an alias answers for itself or for the person, each interaction is told once.
    told = {one["interaction_id"]: one for id in ids for one in interactions(services, id)}
    root = ids[0]
    return {
        **known,
        "interactions": sorted(
            told.values(), key=lambda one: (one["time"], one["interaction_id"]), reverse=True
        ),
        "open_cases": services.call("interactions", "card", root)["open_cases"],
        "member": services.call("loyalty", "member", root),
        "ledger": [*ledger(services, root)][::-1],
        "audience": services.call("notifications", "audience", root),
        "outreach": [*outreach(services, root)],
    }


def kept_elsewhere(services: Services, customer_id: str) -> dict[str, Any]:
    """Return how much the other services keep of a customer: numbers, money, the tier."""
    member = services.call("loyalty", "member", customer_id) or {}
    return {
        "interactions": sum(1 for _ in interactions(services, customer_id)),
        "open_cases": len(services.call("interactions", "card", customer_id)["open_cases"]),
        "purchases": member.get("purchase_count", 0),
        **{name: member[name] for name in ("spend", "points", "tier") if name in member},
        "messages": sum(1 for _ in outreach(services, customer_id)),
    }


def interactions(services: Services, customer_id: str) -> Iterator[dict[str, Any]]:
    """Yield a customer's interactions, newest first."""
    return walk(
        lambda before: services.call("interactions", "timeline", customer_id, before, PAGE), "interactions"
    )


def ledger(services: Services, customer_id: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a member's ledger, newest first; none of somebody who is no member."""

    def page(before: str | None) -> dict[str, Any]:
        found: dict[str, Any] | None = services.call("loyalty", "ledger", customer_id, before, PAGE)
        return found or {"entries": [], "next": None}

    return walk(page, "entries")


def outreach(services: Services, customer_id: str) -> Iterator[dict[str, Any]]:
    """Yield the messages to a customer with their decisions, last planned first."""
    return walk(
        lambda before: services.call(
            "notifications", "outreach", customer_id=customer_id, before=before, limit=PAGE
        ),
        "outreach",
    )

"""Webhooks: events that come to you, signed, as soon as they happen."""

from datetime import datetime
from typing import Any

from flask import g

from services.gateway.door import Doors
from services.gateway.idempotency.once import id_to_make
from services.gateway.means import means
from services.gateway.shapes import webhooks as shapes
from services.gateway.webhooks.subscribing import Subscribing
from wafa.runtime.clock import now

webhooks = Doors(
    "webhooks",
    "Subscriptions: each event of the types that you name is sent to your address as a signed POST, as "
    "[Standard Webhooks](https://www.standardwebhooks.com) has it, until you answer 2xx. The body is the "
    "event as it was published (`application/cloudevents+json`). It may come more than once, always with the "
    "same `webhook-id`, and in any order: keep the highest `version`.",
)

#: What a new or changed subscription takes.
_READING = "Needs the scope `webhooks:write`, and the scopes by which what it delivers may be read."
#: Of what answers with a secret.
_ONCE = (
    "Sent again with the same `Idempotency-Key` it has no second effect, and is answered with 409 "
    "`secret_shown_once`: the secret is kept nowhere. If you have not got it, rotate."
)


def _subscribing() -> Subscribing:
    # The true time, whatever the gateway's clock says: what is kept ends by MongoDB's own.
    ours = means()
    return Subscribing(ours.store, now(), ours.lookups.check, private=ours.settings.webhook_private)


@webhooks.door(
    "POST",
    "/webhooks",
    needs="webhooks:write",
    takes=shapes.WebhookWanted,
    answers=shapes.WebhookWithSecret,
    status=201,
    description=f"{_READING}\n\n{_ONCE}",
)
def subscribe(given: dict[str, Any]) -> Any:
    """Subscribe to events; the answer has the secret, once."""
    return _subscribing().create(id_to_make(), g.key, **given)


@webhooks.door("GET", "/webhooks", needs="webhooks:write", answers=shapes.Webhooks)
def subscriptions() -> Any:
    """List all subscriptions, whoever made them."""
    return {"webhooks": _subscribing().all()}


@webhooks.door("GET", "/webhooks/<webhook_id>", needs="webhooks:write", answers=shapes.Webhook, refuses=[404])
def subscription(webhook_id: str) -> Any:
    """Return a subscription."""
    return _subscribing().one(webhook_id)


@webhooks.door(
    "PATCH",
    "/webhooks/<webhook_id>",
    needs="webhooks:write",
    takes=shapes.WebhookChange,
    answers=shapes.Webhook,
    refuses=[404],
    description=_READING,
)
def change(given: dict[str, Any], webhook_id: str) -> Any:
    """Change a subscription, pause it, let it go on."""
    return _subscribing().change(g.key, webhook_id, given)


@webhooks.door("DELETE", "/webhooks/<webhook_id>", needs="webhooks:write", status=204, refuses=[404])
def unsubscribe(webhook_id: str) -> None:
    """End a subscription, and forget what is kept for it."""
    _subscribing().remove(webhook_id)


@webhooks.door(
    "POST",
    "/webhooks/<webhook_id>/test",
    needs="webhooks:write",
    answers=shapes.Delivery,
    status=202,
    refuses=[404, 409],
)
def test(webhook_id: str) -> Any:
    """Send `wafa.ping.v1`, signed like any event; its delivery shows what came of it."""
    return _subscribing().ping(webhook_id, id_to_make())


@webhooks.door(
    "POST",
    "/webhooks/<webhook_id>/rotate",
    needs="webhooks:write",
    answers=shapes.WebhookWithSecret,
    refuses=[404],
    description=f"{_READING}\n\n{_ONCE}",
)
def rotate(webhook_id: str) -> Any:
    """Replace the secret; the old one signs too for 24 hours."""
    return _subscribing().rotate(g.key, webhook_id)


@webhooks.door(
    "GET",
    "/webhooks/<webhook_id>/deliveries",
    needs="webhooks:write",
    asks=shapes.DeliveriesWanted,
    answers=shapes.Deliveries,
    refuses=[404],
)
def deliveries(given: dict[str, Any], webhook_id: str) -> Any:
    """List what is kept for a subscription, with what the last attempt came to."""
    return _subscribing().deliveries(webhook_id, given.get("state"), given.get("before"), given["limit"])


@webhooks.door(
    "POST",
    "/webhooks/<webhook_id>/replay",
    needs="webhooks:write",
    takes=shapes.Replay,
    answers=shapes.Replayed,
    refuses=[404],
)
def replay(given: dict[str, Any], webhook_id: str) -> Any:
    """Deliver again what was delivered, or given up, in a span of time; each with its old `webhook-id`."""
    until: datetime | None = given.get("until")
    return _subscribing().replay(webhook_id, given["since"], until, given.get("types"))

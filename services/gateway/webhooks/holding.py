"""A subscription hears by the right of a key, and no longer than that key counts."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from services.gateway.domain.key import standing
from services.gateway.domain.subscription import Flow, Subscription, Why
from services.gateway.store import GatewayStore

log = structlog.get_logger(__name__)


def pause_unheld(store: GatewayStore, now: datetime) -> None:
    """Pause the subscriptions whose key counts no more, nor one that was made in its place."""
    active = [one for one in store.webhooks() if one.state is Flow.ACTIVE]
    # Again: a key may be replaced while all of them are being read.
    for webhook in _unheld(_unheld(active, store, now), store, now):
        if store.pause_held(webhook, Why.KEY_REVOKED, now):
            log.warning("subscription paused", webhook=webhook.id, why=Why.KEY_REVOKED.value)


def _unheld(webhooks: Sequence[Subscription], store: GatewayStore, now: datetime) -> list[Subscription]:
    if not webhooks:
        return []
    held = standing(store.keys(), now)
    return [one for one in webhooks if one.held_by not in held]

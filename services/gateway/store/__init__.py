"""What the gateway keeps, and the only place here that knows MongoDB: each module is a part of it."""

from services.gateway.store.answers import AnswerRecords
from services.gateway.store.audit import AuditRecords
from services.gateway.store.deliveries import DeliveryRecords
from services.gateway.store.keys import KeyRecords
from services.gateway.store.webhooks import WebhookRecords


class GatewayStore(AnswerRecords, AuditRecords, DeliveryRecords, KeyRecords, WebhookRecords):
    """All parts, over one database: each has its own collections and adds their indexes."""


__all__ = ["GatewayStore"]

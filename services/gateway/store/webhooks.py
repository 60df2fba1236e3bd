"""Subscriptions in MongoDB. Their secrets are kept as they are: what signs has to be read."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.gateway.domain.subscription import Flow, Secret, Subscription, Why
from services.gateway.store.part import Part
from wafa.runtime.mongo import Document


class WebhookRecords(Part):
    """Who wants to be told of which events."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._webhooks = database["webhooks"]

    def add_webhook(self, webhook: Subscription) -> None:
        """Keep a new subscription, in the place of one whose maker died before anybody had heard of it."""
        self._webhooks.replace_one({"_id": webhook.id}, _fields(asdict(webhook)), upsert=True)

    def webhook(self, id: str) -> Subscription | None:
        """Return a subscription."""
        found = self._webhooks.find_one({"_id": id})
        return _webhook(found) if found else None

    def webhooks(self) -> list[Subscription]:
        """Return all subscriptions, the oldest first."""
        return [_webhook(one) for one in self._webhooks.find().sort([("created_at", ASCENDING), ("_id", 1)])]

    def change_webhook(self, id: str, fields: Mapping[str, Any]) -> bool:
        """Change fields of a subscription, None takes one away; tell whether there is such a one."""
        absent = {name: 1 for name, value in fields.items() if value is None}
        change: Document = {"$set": _fields(fields)} if len(absent) < len(fields) else {}
        change |= {"$unset": absent} if absent else {}
        return bool(self._webhooks.update_one({"_id": id}, change).matched_count)

    def pause_webhook(self, id: str, why: Why, at: datetime) -> bool:
        """Pause a subscription that is active; tell whether it was."""
        paused = {"state": Flow.PAUSED.value, "paused_at": at, "paused_because": why.value}
        active = {"_id": id, "state": Flow.ACTIVE.value}
        return bool(self._webhooks.update_one(active, {"$set": paused}).modified_count)

    def pause_held(self, webhook: Subscription, why: Why, at: datetime) -> bool:
        """Pause a subscription that is active and still held by the same key; tell whether it was."""
        paused = {"state": Flow.PAUSED.value, "paused_at": at, "paused_because": why.value}
        same = {"_id": webhook.id, "state": Flow.ACTIVE.value, "taken_over_by": webhook.taken_over_by}
        return bool(self._webhooks.update_one(same, {"$set": paused}).modified_count)

    def webhook_fails(self, id: str, at: datetime) -> None:
        """Note since when a receiver fails, unless it has failed before."""
        self._webhooks.update_one(
            {"_id": id, "failing_since": {"$exists": False}}, {"$set": {"failing_since": at}}
        )

    def webhook_works(self, id: str) -> None:
        """Note that a receiver has taken something."""
        self._webhooks.update_one({"_id": id}, {"$unset": {"failing_since": 1}})

    def remove_webhook(self, id: str) -> bool:
        """Forget a subscription; tell whether there was one."""
        return bool(self._webhooks.delete_one({"_id": id}).deleted_count)


def _fields(known: Mapping[str, Any]) -> Document:
    fields = {name: value for name, value in known.items() if value is not None and name != "id"}
    if "covers" in fields:
        fields["covers"] = sorted(fields["covers"])
    if "secrets" in fields:
        fields["secrets"] = [_secret(one) for one in fields["secrets"]]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _secret(secret: Secret | Mapping[str, Any]) -> Document:
    found = asdict(secret) if isinstance(secret, Secret) else secret
    return {name: value for name, value in found.items() if value is not None}


def _webhook(found: Document) -> Subscription:
    read = {
        "id": found.pop("_id"),
        "types": tuple(found["types"]),
        "covers": frozenset(found["covers"]),
        "secrets": tuple(Secret(**one) for one in found["secrets"]),
        "state": Flow(found["state"]),
    }
    if "paused_because" in found:
        read["paused_because"] = Why(found["paused_because"])
    return Subscription(**{**found, **read})

"""What holders of keys do with subscriptions. Each has an effect at once, also on what is kept already."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.gateway.access.gate import check_hearing
from services.gateway.domain.hearing import covered
from services.gateway.domain.key import Key, standing
from services.gateway.domain.subscription import MOST, Flow, Secret, Subscription, Why, rotated
from services.gateway.refusals import Refusal, invalid, not_found
from services.gateway.store import GatewayStore
from services.gateway.webhooks.rows import row, shown
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.envelope import make_event
from wafa.contracts.times import format_time
from wafa.runtime.paging import asked, cut
from wafa.runtime.webhooks.addresses import Forbidden
from wafa.runtime.webhooks.endpoint import Endpoint
from wafa.runtime.webhooks.lookups import Unresolved
from wafa.runtime.webhooks.signing import new_secret

PING = "wafa.ping.v1"
MOST_DELIVERIES = 200


class Subscribing:
    """The commands as of `now`, which is real time; `private`: addresses inside our own network will do.

    `look_up` is as `Lookups.check`.
    """

    def __init__(
        self, store: GatewayStore, now: datetime, look_up: Callable[[Endpoint], None], *, private: bool
    ) -> None:
        self._store, self._now, self._look_up, self._private = store, now, look_up, private

    def create(
        self, id: str, key: Key, url: str, types: Sequence[str], description: str = ""
    ) -> dict[str, Any]:
        """Subscribe; the answer has the secret, which nobody can read again. The same `id` subscribes once.

        Raises:
            Refusal: an argument is not as it should be (422), the key may not read what it wants to hear of
                (403), there are too many subscriptions (409).
        """
        there = self._endpoint(url)
        covers = _covers(types)
        check_hearing(key, covers)
        if len(self._store.webhooks()) >= MOST:
            raise Refusal(409, "too_many", f"there are {MOST} subscriptions already; delete one")
        self._check_host(there)
        secret = new_secret()
        made = Subscription(
            id=f"wh_{id}",
            url=url,
            types=tuple(types),
            covers=covers,
            secrets=(Secret(secret),),
            created_at=self._now,
            created_by=key.prefix,
            description=description,
        )
        self._store.add_webhook(made)
        return {**webhook_shown(made), "secret": secret}

    def all(self) -> list[dict[str, Any]]:
        """Return all subscriptions."""
        return [webhook_shown(one) for one in self._store.webhooks()]

    def one(self, id: str) -> dict[str, Any]:
        """Return a subscription."""
        return webhook_shown(self._find(id))

    def change(self, key: Key, id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Change `url`, `types`, `description` or `state`; raises as `create`.

        Whoever says where it goes or what it covers holds it from then on, and so does whoever lets one go on
        that nobody holds any more.
        """
        before = self._find(id)
        fields = dict(wanted)
        there = self._endpoint(wanted["url"]) if "url" in wanted else None
        if "types" in wanted:
            fields["covers"] = _covers(wanted["types"])
        if {"url", "types"} & wanted.keys() or (wanted.get("state") == Flow.ACTIVE and self._unheld(before)):
            check_hearing(key, fields.get("covers", before.covers))
            fields["taken_over_by"] = key.prefix
        if there:
            self._check_host(there)
        if wanted.get("state") == Flow.ACTIVE:
            fields |= {"paused_at": None, "paused_because": None, "failing_since": None}
        elif wanted.get("state") == Flow.PAUSED and before.state is not Flow.PAUSED:
            fields |= {"paused_at": self._now, "paused_because": Why.ASKED.value}
        if not self._store.change_webhook(id, fields):
            raise not_found("webhook")
        if wanted.get("state") == Flow.ACTIVE:
            self._store.hasten(id, self._now)
        return self.one(id)

    def remove(self, id: str) -> None:
        """End a subscription, and forget what is kept for it."""
        if not self._store.remove_webhook(id):
            raise not_found("webhook")
        self._store.remove_deliveries(id)

    def rotate(self, key: Key, id: str) -> dict[str, Any]:
        """Replace the secret; the old one signs too for a day.

        Raises:
            Refusal: the key may not read what is delivered, in whose name it could speak then (403).
        """
        before, secret = self._find(id), new_secret()
        check_hearing(key, before.covers)
        self._store.change_webhook(id, {"secrets": rotated(before.secrets, secret, self._now)})
        return {**webhook_shown(before), "secret": secret}

    def ping(self, id: str, event_id: str) -> dict[str, Any]:
        """Send an event that means nothing, like any other; the same `event_id` is sent once."""
        webhook = self._find(id)
        if webhook.state is Flow.PAUSED:
            raise Refusal(409, "paused", "the subscription is paused; PATCH its state to active first")
        event = make_event(PING, source="/wafa/gateway", id=event_id, time=self._now, data={"webhook": id})
        kept = row(id, event, self._now)
        self._store.add_deliveries([kept])
        return shown(kept)

    def replay(
        self, id: str, since: datetime, until: datetime | None, types: Sequence[str] | None
    ) -> dict[str, Any]:
        """Deliver again what has arrived in a span of time; what waits anyway stays as it is."""
        self._find(id)
        if until is not None and until <= since:
            raise _invalid("until", "must be after since")
        wanted = None if types is None else _covers(types)
        replayed = self._store.replay(id, since, until or self._now, wanted, self._now)
        return {"replayed": replayed}

    def deliveries(self, id: str, state: str | None, before: str | None, limit: int) -> dict[str, Any]:
        """Return a page of what is kept for a subscription, the newest first."""
        self._find(id)
        place, limit = asked(BY_TIME, before, limit, MOST_DELIVERIES)
        found = self._store.deliveries(id, state, place, limit + 1)
        page, following = cut(found, limit, lambda one: BY_TIME.encode(one["at"], one["_id"]))
        return {"deliveries": [shown(one) for one in page], "next": following}

    def _find(self, id: str) -> Subscription:
        found = self._store.webhook(id)
        if found is None:
            raise not_found("webhook")
        return found

    def _unheld(self, webhook: Subscription) -> bool:
        return webhook.held_by not in standing(self._store.keys(), self._now)

    def _endpoint(self, url: str) -> Endpoint:
        try:
            return Endpoint.parse(url, private=self._private)
        except ValueError as error:
            raise _invalid("url", str(error)) from None

    def _check_host(self, there: Endpoint) -> None:
        # It is looked up, and checked, again at each delivery: what a name leads to may change.
        try:
            self._look_up(there)
        except Forbidden:
            raise _invalid("url", "must not lead to a private address") from None
        except Unresolved as error:
            raise _invalid("url", str(error), passing=True) from None


def webhook_shown(webhook: Subscription) -> dict[str, Any]:
    """Return a subscription as JSON, without anything secret."""
    times = {name: getattr(webhook, name) for name in ("created_at", "paused_at", "failing_since")}
    because = webhook.paused_because
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": [*webhook.types],
        "covers": sorted(webhook.covers),
        "description": webhook.description,
        "state": webhook.state.value,
        "created_by": webhook.created_by,
        "held_by": webhook.held_by,
        **({"paused_because": because.value} if because else {}),
        **{name: format_time(at) for name, at in times.items() if at is not None},
    }


def _covers(types: Sequence[str]) -> frozenset[str]:
    meant = [covered(one, OUTBOUND) for one in types]
    told = f"Wafa publishes nothing of this type; it publishes {', '.join(OUTBOUND)}"
    wrong = [{"path": f"types.{place}", "message": told} for place, found in enumerate(meant) if not found]
    if wrong:
        raise invalid(wrong)
    return frozenset().union(*meant)


def _invalid(path: str, message: str, *, passing: bool = False) -> Refusal:
    return invalid([{"path": path, "message": message}], passing=passing)

"""Webhooks: events that come to you, signed, as soon as they happen."""

from datetime import UTC, datetime
from typing import Any

from flask import g
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.described import following, moment
from services.gateway.domain.delivery import State
from services.gateway.domain.subscription import Flow, Why
from services.gateway.door import Doors
from services.gateway.hooks.subscribing import Subscribing
from services.gateway.means import means
from wafa.contracts.catalogue import OUTBOUND
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
_NAMES = {"description": f"types, or beginnings with a `*` behind; of {', '.join(OUTBOUND)}"}
_EXAMPLES = {"example": ["loyalty.*", "customer.recognized.v1"]}


def _types(**options: Any) -> fields.List:
    return fields.List(
        fields.String(validate=validate.Length(1, 100)),
        validate=validate.Length(1, 50),
        **{"metadata": _NAMES | _EXAMPLES, **options},
    )


def _url(**options: Any) -> fields.String:
    about = "where to POST; https, and an address of the public internet"
    return fields.String(
        validate=validate.Length(1, 2000),
        metadata={"description": about, "example": "https://hooks.example/wafa"},
        **options,
    )


def _description(**options: Any) -> fields.String:
    about = {"description": "for people"}
    return fields.String(validate=validate.Length(0, 500), metadata=about, **options)


def _moment(about: str, **options: Any) -> fields.AwareDateTime:
    about_it = {"description": about}
    return fields.AwareDateTime(default_timezone=UTC, validate=_in_our_time, metadata=about_it, **options)


def _in_our_time(moment: datetime) -> None:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValidationError("is no moment of our calendar") from None


class WebhookWanted(Schema):
    """A subscription that is to be."""

    url = _url(required=True)
    types = _types(required=True)
    description = _description(load_default="")


class WebhookChange(Schema):
    """What is to be different."""

    url = _url()
    types = _types()
    description = _description()
    state = fields.String(
        validate=validate.OneOf([*map(str, Flow)]),
        metadata={"description": "`active` goes on with what is left; `paused` keeps events for 7 days"},
    )

    @validates_schema
    def something(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse to change nothing."""
        if not given:
            raise ValidationError("say what is to be different: url, types, description, state")


class Webhook(Schema):
    """A subscription."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True, metadata={"description": "as you named them"})
    covers = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "the types that this meant when it was said; a later release adds none by itself"
        },
    )
    description = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([*map(str, Flow)]))
    paused_because = fields.String(
        validate=validate.OneOf([*map(str, Why)]),
        metadata={
            "description": "`asked` by somebody, `gone` (the address answered 410), `failing` for 24 hours"
        },
    )
    paused_at = moment("since when")
    failing_since = moment("since when nothing was delivered, though it was tried")
    created_at = moment("when it was made", required=True)
    created_by = fields.String(required=True, metadata={"description": "prefix of the key"})


class WebhookWithSecret(Webhook):
    """A subscription with the secret that signs, which is shown here only."""

    secret = fields.String(required=True, metadata={"description": "`whsec_` and base64"})


class Webhooks(Schema):
    """All subscriptions."""

    webhooks = fields.List(fields.Nested(Webhook), required=True)


class Delivery(Schema):
    """An event on its way to a subscriber, or delivered; without its content."""

    webhook_id = fields.String(required=True, metadata={"description": "the header of that name"})
    type = fields.String(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf([*map(str, State)]),
        metadata={"description": "`failed`: it is not tried again, unless it is replayed"},
    )
    attempts = fields.Integer(required=True, metadata={"description": "since it was last replayed"})
    status = fields.Integer(metadata={"description": "what the last attempt was answered with"})
    trouble = fields.String(
        metadata={
            "description": "why it was not answered: `no_connection`, `timeout`, `private_address`, `url`"
        }
    )
    kept_since = moment("when the event came", required=True)
    last_attempt_at = moment("when it was last tried")
    next_attempt_at = moment("when it will be tried again")
    delivered_at = moment("when it was taken")


class Deliveries(Schema):
    """A page of deliveries, the newest first."""

    deliveries = fields.List(fields.Nested(Delivery), required=True)
    next = following()


class DeliveriesWanted(Schema):
    """Which deliveries."""

    state = fields.String(validate=validate.OneOf([*map(str, State)]))
    before = fields.String(
        validate=validate.Length(1, 100), metadata={"description": "`next` of the page before"}
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Replay(Schema):
    """What to deliver again: what was kept from `since` until before `until`."""

    since = _moment("7 days ago at the earliest", required=True)
    until = _moment("default: now")
    types = _types()


class Replayed(Schema):
    """How much is delivered again."""

    replayed = fields.Integer(required=True)


def _subscribing() -> Subscribing:
    # The true time, whatever the gateway's clock says: what is kept ends by MongoDB's own.
    return Subscribing(means().store, now(), private=means().settings.webhook_private)


@webhooks.door(
    "POST",
    "/webhooks",
    needs="webhooks:write",
    takes=WebhookWanted,
    answers=WebhookWithSecret,
    status=201,
    description=_READING,
)
def subscribe(given: dict[str, Any]) -> Any:
    """Subscribe to events; the answer has the secret, once."""
    return _subscribing().create(g.key, **given)


@webhooks.door("GET", "/webhooks", needs="webhooks:write", answers=Webhooks)
def subscriptions() -> Any:
    """List all subscriptions, whoever made them."""
    return {"webhooks": _subscribing().all()}


@webhooks.door("GET", "/webhooks/<webhook_id>", needs="webhooks:write", answers=Webhook, refuses=[404])
def subscription(webhook_id: str) -> Any:
    """Return a subscription."""
    return _subscribing().one(webhook_id)


@webhooks.door(
    "PATCH",
    "/webhooks/<webhook_id>",
    needs="webhooks:write",
    takes=WebhookChange,
    answers=Webhook,
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
    answers=Delivery,
    status=202,
    refuses=[404, 409],
)
def test(webhook_id: str) -> Any:
    """Send `wafa.ping.v1`, signed like any event; its delivery shows what came of it."""
    return _subscribing().ping(webhook_id)


@webhooks.door(
    "POST",
    "/webhooks/<webhook_id>/rotate",
    needs="webhooks:write",
    answers=WebhookWithSecret,
    refuses=[404],
)
def rotate(webhook_id: str) -> Any:
    """Replace the secret; the old one signs too for 24 hours."""
    return _subscribing().rotate(webhook_id)


@webhooks.door(
    "GET",
    "/webhooks/<webhook_id>/deliveries",
    needs="webhooks:write",
    asks=DeliveriesWanted,
    answers=Deliveries,
    refuses=[404],
)
def deliveries(given: dict[str, Any], webhook_id: str) -> Any:
    """List what is kept for a subscription, with what the last attempt came to."""
    return _subscribing().deliveries(webhook_id, given.get("state"), given.get("before"), given["limit"])


@webhooks.door(
    "POST",
    "/webhooks/<webhook_id>/replay",
    needs="webhooks:write",
    takes=Replay,
    answers=Replayed,
    refuses=[404],
)
def replay(given: dict[str, Any], webhook_id: str) -> Any:
    """Deliver again what was delivered, or given up, in a span of time; each with its old `webhook-id`."""
    until: datetime | None = given.get("until")
    return _subscribing().replay(webhook_id, given["since"], until, given.get("types"))

"""What requests and answers about webhooks look like."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.domain.delivery import State
from services.gateway.domain.subscription import Flow, Why
from services.gateway.shapes.described import following, moment, shown_once, text
from services.gateway.shapes.given import moment_wanted
from services.gateway.shapes.paging import Page
from wafa.contracts.catalogue import OUTBOUND

_NAMES = {"description": f"types, or beginnings with a `*` behind; of {', '.join(OUTBOUND)}"}
MOST_NAMES = 50
_FEW = validate.Length(1, MOST_NAMES)
_EXAMPLES = {"example": ["loyalty.*", "customer.recognized.v1"]}


class Names(fields.List):
    """A list of up to `MOST_NAMES` names; one that is longer is refused before anybody looks into it."""

    def __init__(self, **options: Any) -> None:
        told = {"metadata": _NAMES | _EXAMPLES, **options}
        super().__init__(fields.String(validate=validate.Length(1, 100)), validate=_FEW, **told)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            _FEW(value)
        return super()._deserialize(value, attr, data, **kwargs)


def _url(**options: Any) -> fields.String:
    about = "where to POST; https, and a host that can be looked up, of the public internet"
    return fields.String(
        validate=validate.Length(1, 2000),
        metadata={"description": about, "example": "https://hooks.example/wafa"},
        **options,
    )


def _description(**options: Any) -> fields.String:
    about = {"description": "for people"}
    return fields.String(validate=validate.Length(0, 500), metadata=about, **options)


class WebhookWanted(Schema):
    """A subscription that is to be."""

    url = _url(required=True)
    types = Names(required=True)
    description = _description(load_default="")


class WebhookChange(Schema):
    """What is to be different."""

    url = _url()
    types = Names()
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
            "description": "`asked` by somebody, `gone` (the address answered 410), `failing` for 24 hours, "
            "`key_revoked` (the key in `held_by` counts no more)"
        },
    )
    paused_at = moment("since when")
    failing_since = moment("since when nothing was delivered, though it was tried")
    created_at = moment("when it was made", required=True)
    created_by = fields.String(required=True, metadata={"description": "prefix of the key"})
    held_by = fields.String(
        required=True,
        metadata={
            "description": "prefix of the key by whose right it hears: `created_by`, or of whoever last "
            "changed `url` or `types`. What replaces that key counts for it"
        },
    )


class WebhookWithSecret(Webhook):
    """A subscription with the secret that signs, which is shown here only."""

    secret = shown_once("`whsec_` and base64")


class Webhooks(Schema):
    """All subscriptions."""

    webhooks = fields.List(fields.Nested(Webhook), required=True)


class Delivery(Schema):
    """An event on its way to a subscriber, or delivered; without its content."""

    message_id = text("the header `webhook-id` that the event is sent with, however often", required=True)
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


class DeliveriesWanted(Page):
    """Which deliveries."""

    state = fields.String(validate=validate.OneOf([*map(str, State)]))


class Replay(Schema):
    """What to deliver again: what was kept from `since` until before `until`."""

    since = moment_wanted("7 days ago at the earliest", required=True)
    until = moment_wanted("default: now")
    types = Names()


class Replayed(Schema):
    """How much is delivered again."""

    replayed = fields.Integer(required=True)

"""Who somebody is: lookup, profile and the card that staff see."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.card import card_of
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.refusals import not_found
from services.gateway.shapes import Customer, Member, Said

customers = Doors("customers", "Who somebody is, and what staff should know at once")


class Lookup(Schema):
    """Whom to find, in one way: by e-mail, by phone, or by an id in another system."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(validate=validate.Length(1, 40))
    country = fields.String(
        validate=validate.Length(2, 2), metadata={"description": "ISO 3166, for a phone number without +"}
    )
    system = fields.String(validate=validate.Length(1, 200))
    id = fields.String(validate=validate.Length(1, 200))

    @validates_schema
    def one_way(self, given: dict[str, str], **_: Any) -> None:
        """Refuse no way, two ways, and half of one."""
        ways = ("email" in given) + ("phone" in given) + (given.keys() >= {"system", "id"})
        if ways != 1 or ("system" in given) != ("id" in given):
            raise ValidationError("say who in one way: email, phone, or system and id")


class Card(Schema):
    """What staff should know of the person before them."""

    customer_id = fields.String(required=True)
    name = fields.String(allow_none=True)
    locale = fields.String(allow_none=True)
    recognized = fields.Boolean(
        allow_none=True, metadata={"description": "a regular; null while loyalty is away"}
    )
    say = fields.Nested(Said, metadata={"description": "what to say first"})
    member = fields.Nested(Member, allow_none=True)
    open_cases = fields.List(fields.Dict(), allow_none=True)
    last_purchase = fields.Dict(allow_none=True)
    last_feedback = fields.Dict(allow_none=True)
    erased = fields.Boolean(metadata={"description": "nothing is known of them any longer"})
    missing = fields.List(
        fields.String(), required=True, metadata={"description": "services that did not answer in time"}
    )


@customers.door(
    "GET", "/customers/lookup", needs="customers:read", asks=Lookup, answers=Customer, refuses=[404]
)
def lookup(given: dict[str, str]) -> Any:
    """Find a customer by an identifier."""
    found = services().call("customers", "lookup", **given)
    if found is None:
        raise not_found("customer")
    return found


@customers.door("GET", "/customers/<customer_id>", needs="customers:read", answers=Customer, refuses=[404])
def customer(customer_id: str) -> Any:
    """Return what is known of a customer."""
    found = services().call("customers", "get", customer_id)
    if found is None:
        raise not_found("customer")
    return found


@customers.door("GET", "/customers/<customer_id>/card", needs="customers:read", answers=Card, refuses=[404])
def card(customer_id: str) -> Any:
    """Return the card that staff see when the customer stands before them."""
    found = card_of(services(), customer_id)
    if found is None:
        raise not_found("customer")
    return found

"""Who somebody is: lookup, profile and the card that staff see."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.asking.answering import checked
from services.gateway.asking.card import card_of
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.common import Customer
from services.gateway.shapes.people import Card

customers = Doors("customers", "Who somebody is, and what staff should know at once")


class Lookup(Schema):
    """Whom to find, in one way: by e-mail, by phone, or by an id in another system."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "with its country code, or with `country`; in an address `+` is written `%2B`",
            "example": "+966501234567",
        },
    )
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


@customers.door(
    "GET", "/customers/lookup", needs="customers:read", asks=Lookup, answers=Customer, refuses=[404]
)
def lookup(given: dict[str, str]) -> Any:
    """Find a customer by an identifier."""
    return checked(services().call("customers", "lookup", **given), "customer")


@customers.door("GET", "/customers/<customer_id>", needs="customers:read", answers=Customer, refuses=[404])
def customer(customer_id: str) -> Any:
    """Return what is known of a customer.

    An id that was merged answers with the person, whose own id is in the answer.
    """
    return checked(services().call("customers", "get", customer_id), "customer")


@customers.door("GET", "/customers/<customer_id>/card", needs="customers:read", answers=Card, refuses=[404])
def card(customer_id: str) -> Any:
    """Return the card that staff see when the customer stands before them.

    When a service does not answer, the card shows what the others know, and `missing` names it.
    """
    return checked(card_of(services(), customer_id), "customer")

"""What answers look like that more than one family of endpoints gives."""

from marshmallow import Schema, fields

from wafa.contracts.customer import CustomerUpdated
from wafa.contracts.loyalty import LoyaltyMemberUpdated


class Customer(CustomerUpdated):
    """Somebody, as Wafa knows them. Of who was erased there is only the id, and `erased`."""

    erased = fields.Boolean()


class Said(Schema):
    """A sentence in each language."""

    ar = fields.String(required=True)
    en = fields.String(required=True)


class Member(LoyaltyMemberUpdated):
    """A member of the loyalty program."""

    tier_titles = fields.Dict(fields.String(), fields.String(), metadata={"description": "by language"})

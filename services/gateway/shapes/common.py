"""What answers look like that more than one family of endpoints gives."""

from typing import Any

from marshmallow import Schema, fields, validate

from wafa.contracts.customer import CustomerUpdated, KnownConsent
from wafa.contracts.fields import Many, Part, Whole
from wafa.contracts.loyalty import LoyaltyMemberUpdated, NextTier
from wafa.contracts.money import Balance
from wafa.contracts.reference import ExternalId
from wafa.contracts.values import Email, Moment, Phone


def share(description: str, **options: Any) -> fields.Float:
    """A chance, from 0 to 1."""
    metadata = {"description": f"chance from 0 to 1 {description}"}
    return fields.Float(validate=validate.Range(0, 1), metadata=metadata, **options)


class Customer(CustomerUpdated):
    """Somebody, as Wafa knows them. Of who was erased there is only the id, and `erased`."""

    version = Whole("Counts up with every change.", min=1, max=2**53)
    emails = Many(Email("Normalised e-mail address."), "The preferred one first.", max=1000)
    phones = Many(Phone("Number in E.164."), "The preferred one first.", max=1000)
    external_ids = Many(Part(ExternalId), "What other systems call the customer.", max=1000)
    consents = Many(Part(KnownConsent), "What the customer said to being contacted.", max=1000)
    erased = fields.Boolean(metadata={"description": "nothing is known of them any longer"})


class Said(Schema):
    """A sentence in each language."""

    ar = fields.String(required=True)
    en = fields.String(required=True)


class Titles(Schema):
    """A name in each language of the loyalty program."""

    ar = fields.String()
    en = fields.String()


class TierAhead(NextTier):
    """The tier above, and how far it is."""

    titles = fields.Nested(Titles)


class Outlook(Schema):
    """What is to be expected of a member, as of `as_of`, by the model in force."""

    chance_7_days = share("that they buy within 7 days", required=True)
    chance_28_days = share("that they buy within 28 days", required=True)
    chance_91_days = share("that they buy within 91 days", required=True)
    active = share("that they still buy here at all; absent for who has shown no rhythm")
    purchases = fields.Float(
        required=True, metadata={"description": "days with a purchase expected within the coming year"}
    )
    value = Part(Balance, "What these are worth.", required=True)
    model = fields.Integer(
        required=True, metadata={"description": "version of the model; 0 before the first was fitted"}
    )


class CategoryDue(Schema):
    """A kind of goods that a member buys again and again."""

    category = fields.String(required=True, metadata={"description": "as on the lines of purchases"})
    last_bought_at = Moment("The day on which something of it was bought last.", required=True)
    due_at = Moment("The day on which it is due, by the member's own intervals.", required=True)
    expected_interval_days = fields.Float(required=True, metadata={"description": "their usual interval"})


class Member(LoyaltyMemberUpdated):
    """A member of the loyalty program."""

    class Meta(LoyaltyMemberUpdated.Meta):
        """As of a moment, not as of a version."""

        exclude = ("version",)

    tier_titles = fields.Nested(Titles, required=True)
    next_tier = Part(TierAhead, "The next reward; absent on the highest tier.")
    outlook = fields.Nested(Outlook)
    due_categories = fields.List(
        fields.Nested(CategoryDue), metadata={"description": "the first due first; on the card alone"}
    )

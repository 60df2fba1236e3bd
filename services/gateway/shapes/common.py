"""What answers look like that more than one family of endpoints gives."""

from marshmallow import Schema, fields

from wafa.contracts.customer import CustomerUpdated, KnownConsent
from wafa.contracts.fields import Many, Part, Whole
from wafa.contracts.loyalty import LoyaltyMemberUpdated, NextTier
from wafa.contracts.reference import ExternalId
from wafa.contracts.values import Email, Phone


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


class Member(LoyaltyMemberUpdated):
    """A member of the loyalty program."""

    class Meta(LoyaltyMemberUpdated.Meta):
        """As of a moment, not as of a version."""

        exclude = ("version",)

    tier_titles = fields.Nested(Titles, required=True)
    next_tier = Part(TierAhead, "The next reward; absent on the highest tier.")

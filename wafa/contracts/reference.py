"""The reference to a customer that every inbound event carries, and the data that all of them may have."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from wafa.contracts.fields import Choice, Identifier, Line, Many, Part
from wafa.contracts.schema import Contract
from wafa.contracts.values import Country, Email, Locale, Phone, Slug, Timezone
from wafa.contracts.vocabulary import CHANNELS, INITIATORS

MOST_TAGS = 50


class Tags(Many):
    """Labels that other systems put on a customer."""

    def __init__(self) -> None:
        """See `Many`."""
        super().__init__(Slug("A label: `vip`."), "Labels of the customer, all of them.", max=MOST_TAGS)


IDENTIFIED_BY = ("id", "external_ids", "email", "phone")


class ExternalId(Contract):
    """What another system calls the customer."""

    system = Slug(
        "The system that gave the id: `shopify`, `pos-riyadh`. ASCII letters, digits, . _ : / -",
        required=True,
    )
    id = Identifier("The id in that system.", required=True)


class CustomerReference(Contract):
    """Who the customer is: at least one of `id`, `external_ids`, `email`, `phone`, and what else is known."""

    rules: ClassVar[Mapping[str, Any]] = {"anyOf": [{"required": [name]} for name in IDENTIFIED_BY]}

    id = Identifier("Wafa's own id of the customer.")
    external_ids = Many(Part(ExternalId), "What other systems call the customer.", min=1, max=20)
    email = Email("E-mail address; upper and lower case do not matter.")
    phone = Phone("Telephone number, best with its country code; otherwise `country` says where it is.")
    name = Line("How the customer is addressed, in any script.")
    locale = Locale()
    timezone = Timezone()
    country = Country()
    tags = Tags()

    @validates_schema
    def _is_identified(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if not any(name in data for name in IDENTIFIED_BY):
            raise ValidationError(f"needs at least one of {', '.join(IDENTIFIED_BY)}")


class InboundData(Contract):
    """What every inbound event may say besides its own matter."""

    customer = Part(CustomerReference, required=True)
    channel = Choice("Where it happened.", CHANNELS)
    via = Identifier("Id of an intermediary: an agent, a marketplace, a partner.")
    account = Identifier("Id of the organisation that the customer acts for.")
    initiator = Choice("Who began it.", INITIATORS)

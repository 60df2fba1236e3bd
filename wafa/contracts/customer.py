"""Customers: who made themselves known, and what Wafa knows of each."""

from wafa.contracts.fields import Choice, Identifier, Line, Many, Part, Whole
from wafa.contracts.reference import ExternalId, InboundData, Tags
from wafa.contracts.schema import Contract
from wafa.contracts.values import Country, Email, Locale, Moment, Phone, Slug, Timezone
from wafa.contracts.vocabulary import CONSENT_PURPOSES, CONSENT_STATUSES, CONTACT_CHANNELS

MOST = 1000


class CustomerRegistered(InboundData):
    """A customer made themselves known: opened an account, filled in a form, joined the program.

    The profile stands in `customer`.
    """


class CustomerProfileChanged(InboundData):
    """Something about a customer is different now.

    `customer` says who it is and how the profile reads now. Fields that are absent stay as they were.
    """


class KnownConsent(Contract):
    """Where a customer stands on being contacted in one way for one purpose."""

    channel = Choice("Way of contact.", CONTACT_CHANNELS, required=True)
    purpose = Choice("What for.", CONSENT_PURPOSES, required=True)
    status = Choice("The customer's last word.", CONSENT_STATUSES, required=True)
    at = Moment("When the customer said so.", required=True)


class _Snapshot(Contract):
    customer_id = Identifier("Wafa's id of the customer.", required=True)
    version = Whole("Counts up with every change; keep the highest.", min=1, max=2**53, required=True)
    name = Line("How the customer is addressed.")
    locale = Locale()
    timezone = Timezone()
    country = Country()
    emails = Many(Email("Normalised e-mail address."), "The preferred one first.", max=MOST, required=True)
    phones = Many(Phone("Number in E.164."), "The preferred one first.", max=MOST, required=True)
    external_ids = Many(Part(ExternalId), "What other systems call the customer.", max=MOST, required=True)
    consents = Many(Part(KnownConsent), "What the customer said to being contacted.", max=MOST, required=True)
    account = Identifier("Id of the organisation that the customer belongs to.")
    tags = Tags()


class CustomerCreated(_Snapshot):
    """Wafa met a customer for the first time. The data are a full snapshot."""


class CustomerUpdated(_Snapshot):
    """Something about a customer changed. The data are a full snapshot, not the difference."""


class _Repointed(Contract):
    from_ = Identifier("Id whose meaning changes.", data_key="from", required=True)
    into = Identifier("Id of the person that it was taken for.", required=True)
    version = Whole(
        "Counts up with every change of `from`; what has the highest holds.", min=1, max=2**53, required=True
    )
    change_id = Identifier("Id of the merge or of its undoing.", required=True)


class CustomerMerged(_Repointed):
    """Two customers turned out to be one person: from now on `from` is another name of `into`."""


class CustomerUnmerged(_Repointed):
    """A merge was undone: `from` is a customer of its own again, with what was its own."""


class CustomerErased(Contract):
    """A customer was erased. Whoever keeps a copy of personal data must drop it."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    change_id = Identifier("Id of the erasure.", required=True)


class CustomerChangeApplied(Contract):
    """A service has brought a merge, its undoing or an erasure to effect in everything that it keeps."""

    change_id = Identifier("Id of the change, as in the event that told of it.", required=True)
    service = Slug("The service that says so.", required=True)

"""Consent: who may be contacted how, and what for."""

from wafa.contracts.fields import Choice, Text
from wafa.contracts.reference import InboundData
from wafa.contracts.vocabulary import CONSENT_PURPOSES, CONSENT_STATUSES, CONTACT_CHANNELS


class ConsentChanged(InboundData):
    """A customer allowed or forbade one way of contact for one purpose.

    Here `channel` is the way of contact that the consent is about.
    """

    channel = Choice("Way of contact that the consent is about.", CONTACT_CHANNELS, required=True)
    purpose = Choice("What the contact would be for.", CONSENT_PURPOSES, required=True)
    status = Choice("The customer's word.", CONSENT_STATUSES, required=True)
    evidence = Text("How it can be shown: a form, a call, a link to a record.", max=2000)

"""Outreach: whom campaigns contacted, whom they did not and why, and what came of it."""

from wafa.contracts.fields import Choice, Flag, Identifier, Part, Text
from wafa.contracts.money import Money
from wafa.contracts.schema import Contract
from wafa.contracts.values import Moment
from wafa.contracts.vocabulary import CONTACT_CHANNELS

REASONS = (
    "no_consent",
    "no_address",
    "unsubscribed",
    "bounced",
    "open_complaint",
    "holdout",
    "frequency_cap",
    "quiet_hours",
    "duplicate",
    "expired",
    "left_segment",
)


BOUNCES = ("hard", "soft", "complaint")


class _Outreach(Contract):
    outreach_id = Identifier("Id of the decision.", required=True)
    customer_id = Identifier("Wafa's id of the customer.", required=True)
    campaign = Identifier("Id of the campaign.", required=True)
    step = Identifier("Step of the campaign.", required=True)
    occurrence = Identifier("Which time: a campaign may meet a customer again.", required=True)
    channel = Choice("Way of contact.", CONTACT_CHANNELS, required=True)


class OutreachSent(_Outreach):
    """A message to a customer was handed over for delivery."""


class OutreachSuppressed(_Outreach):
    """A customer was not contacted, for a reason."""

    reason = Choice("Why not.", REASONS, required=True)


class OutreachConverted(_Outreach):
    """A customer bought within the campaign's window after the outreach, or after being held out from it.

    Told of each message that the purchase followed in time. Should an earlier purchase come to light, that is
    told by another event of the same outreach: the earliest `at` holds.
    """

    at = Moment("When the customer bought.", required=True)
    total = Part(Money, "What was paid, before any return.", required=True)
    held_out = Flag("Whether the customer had been held out, and so was not contacted.", required=True)


class OutreachBounced(Contract):
    """A message that had been handed over for delivery came back.

    `hard`: the address takes no mail, ever. `soft`: not this time. `complaint`: the recipient called it spam;
    that counts as a withdrawn consent to marketing on this channel.
    """

    outreach_id = Identifier(
        "Id of the outreach, as in `outreach.sent.v1`; the local part of a mail's `Message-ID`, the "
        "`webhook-id` of a text message.",
        required=True,
    )
    kind = Choice("For good, for now, or because the recipient objected.", BOUNCES, required=True)
    detail = Text("What the other side said.", max=2000)

"""Every event type that Wafa takes in and gives out, with the schema of its data."""

import inspect

from wafa.contracts import (
    complaint,
    consent,
    contact,
    customer,
    feedback,
    interaction,
    loyalty,
    outreach,
    points,
    progress,
    purchase,
    rejection,
)
from wafa.contracts.schema import Contract

#: What other systems publish and Wafa takes in.
INBOUND: dict[str, type[Contract]] = {
    "purchase.completed.v1": purchase.PurchaseCompleted,
    "purchase.returned.v1": purchase.PurchaseReturned,
    "contact.logged.v1": contact.ContactLogged,
    "complaint.opened.v1": complaint.ComplaintOpened,
    "complaint.resolved.v1": complaint.ComplaintResolved,
    "complaint.reopened.v1": complaint.ComplaintReopened,
    "feedback.given.v1": feedback.FeedbackGiven,
    "service.progressed.v1": progress.ServiceProgressed,
    "points.granted.v1": points.PointsGranted,
    "customer.registered.v1": customer.CustomerRegistered,
    "customer.profile_changed.v1": customer.CustomerProfileChanged,
    "consent.changed.v1": consent.ConsentChanged,
    "outreach.bounced.v1": outreach.OutreachBounced,
}

#: What Wafa publishes and anyone may subscribe to.
OUTBOUND: dict[str, type[Contract]] = {
    "customer.created.v1": customer.CustomerCreated,
    "customer.updated.v1": customer.CustomerUpdated,
    "customer.merged.v1": customer.CustomerMerged,
    "customer.unmerged.v1": customer.CustomerUnmerged,
    "customer.erased.v1": customer.CustomerErased,
    "customer.change_applied.v1": customer.CustomerChangeApplied,
    "interaction.recorded.v1": interaction.InteractionRecorded,
    "loyalty.member_updated.v1": loyalty.LoyaltyMemberUpdated,
    "loyalty.tier_changed.v1": loyalty.LoyaltyTierChanged,
    "customer.recognized.v1": loyalty.CustomerRecognized,
    "repurchase.due.v1": loyalty.RepurchaseDue,
    "churn.risk_raised.v1": loyalty.ChurnRiskRaised,
    "outreach.sent.v1": outreach.OutreachSent,
    "outreach.suppressed.v1": outreach.OutreachSuppressed,
    "outreach.converted.v1": outreach.OutreachConverted,
    "event.rejected.v1": rejection.EventRejected,
}

ALL: dict[str, type[Contract]] = INBOUND | OUTBOUND

#: What each type means, in a sentence or two.
DESCRIPTIONS: dict[str, str] = {name: inspect.cleandoc(schema.__doc__ or "") for name, schema in ALL.items()}

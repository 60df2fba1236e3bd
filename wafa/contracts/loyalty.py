"""Loyalty: who comes back, on which tier, and when the next purchase is due."""

from wafa.contracts.fields import Choice, Flag, Identifier, Line, Number, Part, Whole
from wafa.contracts.money import Balance
from wafa.contracts.schema import Contract
from wafa.contracts.values import Moment

STANDINGS = ("active", "at_risk", "lost")
CAUSES = ("purchase", "return", "hold_ended", "correction")
MOST = 2**53


class ExpiringPoints(Contract):
    """The points that expire next."""

    points = Whole("How many.", min=1, max=MOST, required=True)
    at = Moment("When they expire.", required=True)


class NextTier(Contract):
    """The tier above, and how far it is."""

    tier = Line("Its name in the loyalty program.", max=64, required=True)
    missing = Part(Balance, "Qualifying spend that is missing.", required=True)


class DueWindow(Contract):
    """The shortest span of days with a chance of `share` that the next purchase, if it comes, is in it."""

    since = Moment("Beginning of its first day, not before that of `as_of`.", required=True)
    until = Moment("Beginning of the day after its last.", required=True)
    share = Number("The chance, from 0 to 1.", max=1, required=True)


class LoyaltyMemberUpdated(Contract):
    """Something about a member changed. The data are a full snapshot; keep the highest version."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    version = Whole("Counts up with every change.", min=1, max=MOST, required=True)
    as_of = Moment("The moment that the figures are computed for.", required=True)
    tier = Line("Name of the tier in the loyalty program.", max=64, required=True)
    tier_since = Moment("Since when the member is on it.", required=True)
    tier_held_until = Moment("Until when it is kept, whatever is bought.")
    qualifying_spend = Part(
        Balance, "Purchases less returns of 365 days: counts for the tier.", required=True
    )
    spend = Part(Balance, "Purchases less returns since ever.", required=True)
    points = Whole(
        "To spend; below zero after a return of what was spent.", min=-MOST, max=MOST, required=True
    )
    points_expiring = Part(ExpiringPoints)
    purchase_count = Whole("Purchases since ever.", max=MOST, required=True)
    first_purchase_at = Moment("When the first one was.")
    last_purchase_at = Moment("When the last one was.")
    repeat = Flag("Whether the customer is a repeat customer by the program's rule.", required=True)
    recognized_at = Moment("When the customer became one.")
    due_at = Moment(
        "When the next purchase is expected, by the customer's own rhythm; absent before there is one."
    )
    due_window = Part(DueWindow)
    expected_interval_days = Number(
        "The customer's own interval between purchases, shrunk towards that of all where history is short.",
        max=100_000,
    )
    standing = Choice("Whether the customer slips away, by their own rhythm.", STANDINGS)
    at_risk_at = Moment("When they are, or were, at risk if they do not come.")
    lost_at = Moment("When they are, or were, lost if they do not come.")
    next_tier = Part(NextTier)


class LoyaltyTierChanged(Contract):
    """A member moved to another tier."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    from_ = Line("Tier before.", max=64, data_key="from", required=True)
    to = Line("Tier from now on.", max=64, required=True)
    cause = Choice("What made the member move.", CAUSES, required=True)


class CustomerRecognized(Contract):
    """A customer became a repeat customer. Published once in the life of a customer."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    recognized_at = Moment("Time of the purchase that made the difference.", required=True)
    purchase_count = Whole("Purchases up to then.", min=1, max=MOST, required=True)


class RepurchaseDue(Contract):
    """By the customer's own rhythm the next purchase is due, and there is none. Once per cycle."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    due_at = Moment("When it was expected.", required=True)
    last_purchase_at = Moment("When the last one was that was kept.", required=True)
    mean_interval_days = Number("Mean time between purchases so far, in days.", max=100_000, required=True)
    expected_interval_days = Number(
        "The customer's own interval, shrunk towards that of all where history is short.",
        max=100_000,
    )


class ChurnRiskRaised(Contract):
    """A customer slips away: by their own rhythm they should have come. Once after each last purchase."""

    customer_id = Identifier("Wafa's id of the customer.", required=True)
    standing = Choice("How they stand now.", STANDINGS[1:], required=True)
    since = Moment("Since when.", required=True)
    last_purchase_at = Moment("When the last purchase was that was kept.", required=True)
    expected_interval_days = Number("How often they usually come, in days.", max=100_000, required=True)

"""Tiers and points: what a member has, where it comes from, and spending it."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.asking.answering import checked
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.common import Member
from services.gateway.shapes.described import following
from services.gateway.shapes.offers import Alternatives, Few, Recommendations
from services.gateway.shapes.paging import Page
from services.gateway.shapes.people import Entry
from wafa.contracts.fields import Identifier, Whole

members = Doors("members", "Tiers, points and the ledger")


class AsOf(Schema):
    """When."""

    as_of = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "a date (the end of that day, UTC) or an RFC 3339 time; absent: now",
            "example": "2026-03-01",
        },
    )


class Ledger(Schema):
    """The ledger of a member, newest first."""

    customer_id = fields.String(required=True)
    entries = fields.List(fields.Nested(Entry), required=True)
    next = following()


class Redemption(Schema):
    """Points to spend."""

    redemption_id = Identifier(
        "Your id of it. Sent again, it has no second effect, so repeat it as often as you get no answer.",
        required=True,
    )
    points = Whole("How many.", min=1, max=2**53, required=True)


@members.door("GET", "/members/<customer_id>", needs="members:read", asks=AsOf, answers=Member, refuses=[404])
def member(given: dict[str, str], customer_id: str) -> Any:
    """Return tier, points and spend of a member, now or as it was.

    An id that was merged answers with the person. 404 for who has never bought anything.
    """
    return checked(services().call("loyalty", "member", customer_id, **given), "member")


@members.door(
    "GET", "/members/<customer_id>/ledger", needs="members:read", asks=Page, answers=Ledger, refuses=[404]
)
def ledger(given: dict[str, Any], customer_id: str) -> Any:
    """List purchases, returns, grants and redemptions of a member, newest first.

    Each says what it did to the points, and what that left.
    """
    page = checked(services().call("loyalty", "ledger", customer_id, **given), "member")
    return {"customer_id": customer_id, **page}


@members.door(
    "GET",
    "/members/<customer_id>/recommendations",
    needs="members:read",
    asks=Few,
    answers=Recommendations,
    refuses=[404],
)
def recommendations(given: dict[str, Any], customer_id: str) -> Any:
    """Return what to offer a member: what they buy and when it runs out, and what is new to them.

    Each with its reason as a word with figures, and as a sentence for staff. 404 for who has never bought
    anything.
    """
    return checked(services().call("loyalty", "recommendations", customer_id, **given), "member")


@members.door(
    "GET",
    "/articles/<path:sku>/alternatives",
    needs="members:read",
    asks=Few,
    answers=Alternatives,
    refuses=[404],
)
def alternatives(given: dict[str, Any], sku: str) -> Any:
    """Return what to offer instead of an article that is out of stock.

    That is what is of the same category, bought with the same things, and near in price. 404 for an article
    of which too little is known.
    """
    return checked(services().call("loyalty", "alternatives", sku, **given), "article")


@members.door(
    "POST",
    "/members/<customer_id>/redeem",
    needs="members:redeem",
    takes=Redemption,
    answers=Member,
    refuses=[404, 409],
)
def redeem(given: dict[str, Any], customer_id: str) -> Any:
    """Spend points, and return the member as it is then.

    409: `too_few_points`, `other_points` (this `redemption_id` was used for another number),
    `customer_erased`.
    """
    return checked(services().call("loyalty", "redeem", customer_id, **given), "member")

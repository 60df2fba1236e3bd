"""What happened with a customer."""

from typing import Any

from marshmallow import Schema, fields

from services.gateway.asking.answering import checked
from services.gateway.asking.questions import Away
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.described import following
from services.gateway.shapes.paging import Page
from services.gateway.shapes.people import Interaction

interactions = Doors("interactions", "What happened with a customer")


class Timeline(Schema):
    """Interactions, newest first."""

    interactions = fields.List(fields.Nested(Interaction), required=True)
    next = following()


@interactions.door(
    "GET",
    "/customers/<customer_id>/interactions",
    needs="interactions:read",
    asks=Page,
    answers=Timeline,
    refuses=[404],
)
def timeline(given: dict[str, Any], customer_id: str) -> Any:
    """List what happened with a person, newest first, whichever of their ids is given."""
    page = checked(services().call("interactions", "timeline", customer_id, **given), "customer")
    if not page["interactions"] and "before" not in given:
        _must_exist(customer_id)
    return page


def _must_exist(customer_id: str) -> None:
    """Tell somebody with whom nothing has happened from nobody."""
    try:
        checked(services().call("customers", "get", customer_id), "customer")
    except Away:
        # What was asked for is known: nothing.
        return

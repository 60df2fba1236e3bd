"""Who is who: merged, separated, erased; and all that is known of somebody."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.asking.answering import checked
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.changes import ChangeList, ChangeOutcome, Dossier
from services.gateway.shapes.paging import Page
from wafa.contracts.fields import Flag, Identifier
from wafa.dossier import compose

identity = Doors("identity", "Merge, separate, erase and export customers")

#: Seconds that a change of who is who may take.
COMMAND = 30.0


class Merging(Schema):
    """Who turned out to be the customer of the address."""

    from_id = Identifier("Who becomes another name of that customer.", required=True)
    dry_run = Flag("Only say what would move.")
    force = Flag("Also when both have ids of their own in one system: two people, unless you know better.")


class Separating(Schema):
    """Whether to do it, or to say what would move."""

    dry_run = Flag("Only say what would move.")


class Erasing(Schema):
    """Whether to do it. It cannot be undone, so this has to be said."""

    dry_run = Flag("Only say what would go; `false` erases.", required=True)


class ChangesWanted(Page):
    """Which changes to list: all, those of a person, or one."""

    customer_id = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "any id of the person"}
    )
    change_id = fields.String(validate=validate.Length(1, 200))


@identity.door("GET", "/customers/changes", needs="customers:read", asks=ChangesWanted, answers=ChangeList)
def changes(given: dict[str, Any]) -> Any:
    """List merges, their undoing and erasures, newest first, with who has applied them.

    A change is complete when `waiting_for` is empty.
    """
    return checked(services().call("customers", "changes", **given), "change")


@identity.door(
    "POST",
    "/customers/<customer_id>/merge",
    needs="customers:merge",
    takes=Merging,
    answers=ChangeOutcome,
    refuses=[404, 409],
)
def merge(given: dict[str, Any], customer_id: str) -> Any:
    """Make another customer another name of this one, because they are one person.

    Nothing is lost, and it can be undone. Asked for twice it happens once. 409: `customer_erased`,
    `same_customer`, `ring`, `already_merged`, `conflicting_identifier` (unless with `force`),
    `too_many_identifiers`.
    """
    options = {"dry_run": False, "force": False} | given
    return _outcome("merge", options.pop("from_id"), customer_id, **options)


@identity.door(
    "POST",
    "/customers/<customer_id>/unmerge",
    needs="customers:merge",
    takes=Separating,
    answers=ChangeOutcome,
    refuses=[404, 409],
)
def unmerge(given: dict[str, Any], customer_id: str) -> Any:
    """Undo the merge of the customer of the address: they are one of their own again, with what was theirs.

    What was said since the merge stays with who remained. 409: `customer_erased`, `not_merged`.
    """
    return _outcome("unmerge", customer_id, **({"dry_run": False} | given))


@identity.door(
    "POST",
    "/customers/<customer_id>/erase",
    needs="customers:erase",
    takes=Erasing,
    answers=ChangeOutcome,
    refuses=[404],
)
def erase(given: dict[str, Any], customer_id: str) -> Any:
    """Erase a person, with all their other ids. This cannot be undone.

    Money and numbers stay in the books, without the person. Asked for twice it happens once.
    """
    return _outcome("erase", customer_id, **given)


@identity.door(
    "GET",
    "/customers/<customer_id>/export",
    needs="customers:export",
    answers=Dossier,
    refuses=[404],
)
def export(customer_id: str) -> Any:
    """Return everything that is known of a person.

    503 when a service does not answer: half of it would be taken for all.
    """
    return checked(compose(services(), customer_id), "customer")


def _outcome(command: str, *ids: str, **options: bool) -> dict[str, Any]:
    answer = checked(services().call("customers", command, *ids, within=COMMAND, **options), "customer")
    dry = bool(answer.get("dry_run"))
    return {"dry_run": dry, "change": None if dry else answer, "would": answer if dry else None}

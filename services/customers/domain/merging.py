"""Merges: who is another name of whom, what forbids a merge, and what it moves.

Merges form trees: each alias points to the customer whom somebody said it was, and the root is the person.
What an alias brings is kept apart in the root (`absorbed`), so taking a branch off the tree gives back on
both sides exactly what was there before.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from services.customers.domain.customer import Customer, Part, root_id
from services.customers.domain.identity import MOST_HELD, Refused
from services.customers.domain.profile import About, Profile
from services.customers.domain.references import by_system, emails, external_ids, phones


def parts_of(aliases: Iterable[Customer]) -> dict[str, Part]:
    """Return what these aliases bring to their root, by id."""
    return {one.customer_id: one.own for one in aliases}


def with_brought(root: Customer, branch: Customer) -> dict[str, Part]:
    """Return what `root` would have absorbed with another customer, and that customer's aliases, merged."""
    return {**root.absorbed, **branch.absorbed, branch.customer_id: branch.own}


def not_mergeable(from_id: str, into_id: str, known: Mapping[str, Customer]) -> Refused | None:
    """Return what stands against making `from_id` another name of `into_id`, whoever asks for it.

    `known` holds both and whoever they were merged into.
    """
    for id, field in ((from_id, "from"), (into_id, "into")):
        if refused := not_there(id, field, known):
            return refused
    merged_into = known[from_id].merged_into
    root = root_id(into_id, known)
    if from_id == into_id:
        return Refused("same_customer", "into", "a customer cannot be merged into themselves")
    if root == from_id:
        return Refused("ring", "into", f"{into_id} is another name of {from_id} already; turn them around")
    if root_id(from_id, known) == root:
        return Refused("same_customer", "into", f"{from_id} and {into_id} are both {root} already")
    if merged_into is not None:
        message = f"{from_id} is another name of {merged_into}; un-merge it first"
        return Refused("already_merged", "from", message)
    return None


def not_merged(from_id: str, known: Mapping[str, Customer]) -> Refused | None:
    """Return why there is nothing to undo about a customer."""
    if refused := not_there(from_id, "from", known):
        return refused
    if known[from_id].merged_into is None:
        return Refused("not_merged", "from", f"{from_id} is not merged into anybody")
    return None


def other_person(branch: Customer, root: Customer) -> Refused | None:
    """Return why two customers, each with all their aliases, are more likely two people than one.

    Different ids in one system are what that system says: two people. Only a person can know better.
    """
    ours, theirs = by_system(root.held), by_system(branch.held)
    if both := sorted(ours.keys() & theirs.keys()):
        message = (
            f"both have an id of their own in {', '.join(both)}: two people; force it if you know better"
        )
        return Refused("conflicting_identifier", "from", message)
    return None


def too_large(branch: Customer, root: Customer) -> Refused | None:
    """Return why two customers together would hold more identifiers than anybody may."""
    together = len(branch.held) + len(root.held)
    if together <= MOST_HELD:
        return None
    message = f"together they would hold {together} identifiers, and nobody holds more than {MOST_HELD}"
    return Refused("too_many_identifiers", "from", message)


def not_there(customer_id: str, field: str, known: Mapping[str, Customer]) -> Refused | None:
    """Return why nothing can be done about an id: there is no such customer, or no longer."""
    if customer_id not in known:
        return Refused("unknown_customer", field, f"no customer has the id {customer_id}")
    if known[customer_id].erased:
        return Refused("customer_erased", field, f"the customer {customer_id} was erased")
    return None


def difference(before: Customer, after: Customer) -> dict[str, Any]:
    """Return what is different about a customer: identifiers that come or go, values before and after.

    `{"emails", "phones", "external_ids", "profile": {field: {"before", "after"}}, "consents": [{"channel",
    "purpose", "before", "after"}]}`; a value that is not there is `None`.
    """
    moved = sorted(set(before.held) ^ set(after.held))
    old, new = before.known, after.known
    return {
        "emails": emails(moved),
        "phones": phones(moved),
        "external_ids": [{"system": system, "id": id} for system, id in external_ids(moved)],
        "profile": dict(_changed(_values(old), _values(new))),
        "consents": [
            {"channel": channel, "purpose": purpose, **change}
            for (channel, purpose), change in _changed(_statuses(old), _statuses(new))
        ],
    }


def _values(profile: Profile) -> dict[str, str]:
    return {name: said.value for name, said in profile.fields.items()}


def _statuses(profile: Profile) -> dict[About, str]:
    return {about: consent.status for about, consent in profile.consents.items()}


_Name = TypeVar("_Name", str, About)


def _changed(
    old: Mapping[_Name, str], new: Mapping[_Name, str]
) -> Iterator[tuple[_Name, dict[str, str | None]]]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield name, {"before": old.get(name), "after": new.get(name)}

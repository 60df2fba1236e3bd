"""What answers say decides for how long they may be kept, and who must be able to have them forgotten."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from services.gateway.door import Door, doors_of
from services.gateway.means import Means
from services.gateway.openapi import document
from services.gateway.store.answers import ABOUT_NOBODY
from services.gateway.web import create_app

SECRETS = ("secret", "token", "password")
PEOPLE = ("customer", "email", "phone", "name", "address")


@pytest.fixture(scope="module")
def doors() -> dict[str, Door]:
    return {
        one.name.replace(".", "_").replace("-", "_"): one for one in doors_of(create_app(cast(Means, None)))
    }


def told() -> Iterator[tuple[str, set[str]]]:
    """Yield each operation with the names of all fields that its answers may have."""
    found = document()
    for path in found["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                fine = {code: one for code, one in operation["responses"].items() if code < "300"}
                yield operation["operationId"], set(names(fine, found, set()))


def names(part: Any, whole: dict[str, Any], seen: set[str]) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from names(one, whole, seen)
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            target: Any = whole
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
            yield from names(target, whole, seen)
        yield from part.get("properties", {})
        for one in part.values():
            yield from names(one, whole, seen)


def test_no_answer_with_a_secret_is_kept(doors: dict[str, Door]) -> None:
    showing = {id for id, fields in told() if any(word in name for name in fields for word in SECRETS)}
    assert (
        showing
        == {id for id, door in doors.items() if door.secret}
        == {"webhooks_subscribe", "webhooks_rotate"}
    )


def test_answers_that_are_not_looked_through_for_who_is_erased_name_nobody(doors: dict[str, Door]) -> None:
    families = {door.name.partition(".")[0] for door in doors.values()}
    assert {*ABOUT_NOBODY} <= families
    naming = {id: {name for name in fields for word in PEOPLE if word in name} for id, fields in told()}
    for id, door in doors.items():
        if door.changes and door.name.partition(".")[0] in ABOUT_NOBODY:
            assert naming[id] == set(), id
    assert naming["members_redeem"], "this would find them"

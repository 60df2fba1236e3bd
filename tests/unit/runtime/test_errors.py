"""The errors of the runtime: what is drawn is what there is, and what of one reaches who has called."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from nameko.exceptions import serialize

from wafa.runtime import errors
from wafa.runtime.errors import InvalidArgument, Misconfigured, RemoteFailed, RemoteUnavailable, StoreAway
from wafa.runtime.protocol import read_answer, result


def family(error: type[Exception]) -> Iterator[tuple[str, str]]:
    """Yield the errors below one, each with what it is a case of."""
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child.__name__, error.__name__
            yield from family(child)


def drawn() -> Iterator[tuple[str, str]]:
    above = ["RuntimeFault"]
    for line in str(errors.__doc__).splitlines():
        if branch := re.match(r"([│ ]*)[├└]── (\w+)", line):
            depth = len(branch[1]) // 4
            above[depth + 1 :] = [branch[2]]
            yield branch[2], above[depth]


def test_the_tree_that_is_drawn_is_the_one_that_there_is() -> None:
    assert sorted(drawn()) == sorted(family(errors.RuntimeFault))


def told(error: Exception) -> Any:
    """What a caller gets of an error in a service."""
    answer = msgspec.json.encode({"result": None, "error": serialize(error)})
    return result(read_answer(answer), "loyalty", "member")


def test_what_is_wrong_with_an_argument_reaches_who_gave_it() -> None:
    with pytest.raises(InvalidArgument, match=r"^limit must be a whole number$") as caught:
        told(InvalidArgument("limit", "must be a whole number"))
    assert (caught.value.path, caught.value.message) == ("limit", "must be a whole number")
    assert str(InvalidArgument("", "give an e-mail address")) == "give an e-mail address"


@pytest.mark.parametrize("error", [ValueError("sara@example.com"), KeyError("sara"), Misconfigured("sara")])
def test_of_a_fault_of_ours_only_the_kind_reaches_who_has_called(error: Exception) -> None:
    with pytest.raises(RemoteFailed) as caught:
        told(error)
    assert caught.value.kind == type(error).__name__
    assert "sara" not in str(caught.value)
    assert "the log of loyalty says where" in str(caught.value)


@pytest.mark.parametrize("error", [StoreAway("no room"), ConnectionResetError("gone")])
def test_what_is_away_for_a_service_is_away_for_who_has_called(error: Exception) -> None:
    with pytest.raises(RemoteUnavailable):
        told(error)

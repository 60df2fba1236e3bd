"""Arguments of a call by RPC: each has a type of its own, or a query would read an object as an operator."""

from collections.abc import Iterable
from typing import Any

from wafa.contracts.validators import kind_of


def check_texts(**arguments: object) -> None:
    """Raise ValueError for an argument that is no string."""
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a string, not {kind_of(value)}")


def check_whole(**arguments: object) -> None:
    """Raise ValueError for an argument that is no whole number."""
    for name, value in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number, not {kind_of(value)}")


def one_of(name: str, value: object, words: Iterable[str]) -> str:
    """Return a string that is one of `words`. Raises ValueError for any other value."""
    check_texts(**{name: value})
    known = sorted(words)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}")
    return str(value)


def refusal(reason: str, message: str) -> dict[str, Any]:
    """Return the answer to a call that has had no effect: `reason` for machines, `message` for people."""
    return {"error": {"reason": reason, "message": message}}

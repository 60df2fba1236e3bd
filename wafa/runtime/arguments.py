"""Arguments of a call by RPC: each has a type of its own, or a query would read an object as an operator."""

from collections.abc import Iterable

from wafa.contracts.validators import kind_of
from wafa.runtime.errors import InvalidArgument


def check_texts(**arguments: object) -> None:
    """Raise `InvalidArgument` for an argument that is no string."""
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise InvalidArgument(name, f"must be a string, not {kind_of(value)}")


def check_texts_given(**arguments: object) -> None:
    """Raise `InvalidArgument` for an argument that is neither a string nor left out, which is None."""
    check_texts(**{name: value for name, value in arguments.items() if value is not None})


def check_whole(**arguments: object) -> None:
    """Raise `InvalidArgument` for an argument that is no whole number."""
    for name, value in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidArgument(name, f"must be a whole number, not {kind_of(value)}")


def one_of(name: str, value: object, words: Iterable[str]) -> str:
    """Return a string that is one of `words`. Raises `InvalidArgument` for any other value."""
    check_texts(**{name: value})
    known = sorted(words)
    if value not in known:
        raise InvalidArgument(name, f"must be one of {', '.join(known)}")
    return str(value)

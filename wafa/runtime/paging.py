"""Pages of a list that is read by RPC: the arguments that all of them take."""

from wafa.contracts.validators import kind_of


def checked_limit(after: object, limit: object, most: int) -> int:
    """Return how many to read, from 1 to `most`, where `after` is the `next` of an earlier page or None.

    Raises:
        ValueError: an argument is of another type than its own: nobody's object becomes an operator.
    """
    if after is not None and not isinstance(after, str):
        raise ValueError(f"after must be a string, not {kind_of(after)}")
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise ValueError(f"limit must be a whole number, not {kind_of(limit)}")
    return max(1, min(limit, most))

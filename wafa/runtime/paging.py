"""Pages of a list that is read by RPC: the arguments that all of them take."""

from wafa.runtime.arguments import check_texts_given, check_whole


def checked_limit(after: object, limit: int, most: int) -> int:
    """Return how many to read, from 1 to `most`, where `after` is the `next` of an earlier page or None.

    Raises:
        InvalidArgument: an argument is of another type than its own: nobody's object becomes an operator.
    """
    check_texts_given(after=after)
    check_whole(limit=limit)
    return max(1, min(limit, most))

"""The one error of the local stack."""


class StackError(Exception):
    """The local stack cannot start, or broke; the message says why and what to do about it."""

"""Which events a key may hear of: those about what it may read.

A webhook carries an event out of the house, so nobody gets by subscribing what they could not ask for.
"""

from collections.abc import Collection, Iterable

#: The scope that it takes, by the beginning of a type; the longest that fits holds.
NEEDED = {
    "customer.": "customers:read",
    "customer.recognized.": "members:read",
    "interaction.": "interactions:read",
    "loyalty.": "members:read",
    "repurchase.": "members:read",
    "churn.": "members:read",
    "outreach.": "outreach:read",
    "event.rejected.": "rejected:read",
}


def scope_of(type: str) -> str:
    """Return the scope without which a key must not hear of events of this type.

    Raises:
        KeyError: nothing is said of it here, so nobody may.
    """
    return NEEDED[max((one for one in NEEDED if type.startswith(one)), key=len, default="")]


def covered(pattern: str, types: Iterable[str]) -> frozenset[str]:
    """Return which of these types a pattern means: a whole name, or a beginning with a `*` behind."""
    if pattern.endswith("*"):
        return frozenset(one for one in types if one.startswith(pattern[:-1]))
    return frozenset(one for one in types if one == pattern)


def missing_scopes(types: Iterable[str], scopes: Collection[str]) -> list[str]:
    """Return the scopes that are still missing to hear of all of these types."""
    return sorted({scope_of(one) for one in types} - {*scopes})

"""Which events somebody wants to hear of."""

from wafa.contracts.catalogue import OUTBOUND


class UnknownTypes(ValueError):
    """Names that stand for no type that Wafa publishes; the message lists them."""


def chosen(names: str) -> frozenset[str]:
    """Return the outbound types that a list with commas stands for: whole names, or beginnings with a `*`.

    Raises:
        UnknownTypes: a name stands for none.
    """
    wanted = {name: _fitting(name) for name in (part.strip() for part in names.split(","))}
    if unknown := [name for name, types in wanted.items() if not types]:
        raise UnknownTypes(
            f"Wafa publishes no {', '.join(map(repr, unknown))}; it publishes {', '.join(OUTBOUND)}"
        )
    return frozenset().union(*wanted.values())


def _fitting(name: str) -> frozenset[str]:
    if name.endswith("*"):
        return frozenset(one for one in OUTBOUND if one.startswith(name[:-1]))
    return frozenset({name} & OUTBOUND.keys())

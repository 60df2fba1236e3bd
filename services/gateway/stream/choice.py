"""Which events somebody wants to hear of."""

from services.gateway.domain.hearing import covered
from wafa.contracts.catalogue import OUTBOUND


class UnknownTypes(ValueError):
    """Names that stand for no type that Wafa publishes; the message lists them."""


def chosen(names: str) -> frozenset[str]:
    """Return the outbound types that a list with commas stands for: whole names, or beginnings with a `*`.

    Raises:
        UnknownTypes: a name stands for none.
    """
    wanted = {name: covered(name, OUTBOUND) for name in (part.strip() for part in names.split(","))}
    if unknown := [name for name, types in wanted.items() if not types]:
        raise UnknownTypes(
            f"Wafa publishes no {', '.join(map(repr, unknown))}; it publishes {', '.join(OUTBOUND)}"
        )
    return frozenset().union(*wanted.values())

"""After an erasure: what comes late about the person has no effect; whoever comes back is somebody new."""

from collections.abc import Container, Mapping
from datetime import datetime

from services.customers.domain.identity import Refused
from services.customers.domain.references import Keys


def sift(
    keys: Keys, at: datetime | None, held: Container[str], erased: Mapping[str, datetime]
) -> Keys | Refused:
    """Return the keys of a reference without those that meant an erased person when it was made.

    `held` are the keys that somebody holds, `erased` tells when the last holder of a key was erased. As ever
    the strongest key that means anybody decides. If that is an erased person, the reference is refused; if it
    is somebody else, what they share with the erased person is not kept.
    """
    if at is None:
        return keys
    late = {key for key in keys if key in erased and at <= erased[key]}
    if not late:
        return keys
    meant = next(key for key in keys if key in late or key in held or key.startswith("id:"))
    if meant in late:
        return Refused("customer_erased", "", "this is about a customer who was erased, from before that")
    return tuple(key for key in keys if key not in late)

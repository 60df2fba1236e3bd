"""Who is meant: a reference to a customer as identity keys, strongest first.

A key is one text, so that it can be compared, indexed and owned:

    id:<id>              Wafa's own id: whoever sends it says outright who is meant
    ext:<system>:<id>    what another system calls the customer: strong
    email:<address>      normalised: weak, people share addresses
    phone:<E.164>        normalised: weak, numbers are shared and handed on
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, unquote

Keys = tuple[str, ...]

_OWN, _EXTERNAL, _EMAIL, _PHONE = "id:", "ext:", "email:", "phone:"
_STRENGTH = {_OWN: 0, _EXTERNAL: 1, _EMAIL: 2, _PHONE: 3}


def identity_keys(
    *,
    id: str | None = None,
    external_ids: Iterable[tuple[str, str]] = (),
    email: str | None = None,
    phone: str | None = None,
) -> Keys:
    """Return the keys of a reference, strongest first. `email` and `phone` must be normalised already."""
    keys = [] if id is None else [_OWN + id]
    keys += dict.fromkeys(external_key(system, number) for system, number in external_ids)
    if email is not None:
        keys.append(email_key(email))
    if phone is not None:
        keys.append(phone_key(phone))
    return tuple(keys)


def external_key(system: str, id: str) -> str:
    """Return the key of an id in another system; a colon in the system's name cannot be mistaken for ours."""
    return f"{_EXTERNAL}{_quoted(system)}:{id}"


def email_key(email: str) -> str:
    """Return the key of a normalised e-mail address."""
    return _EMAIL + email


def phone_key(phone: str) -> str:
    """Return the key of a telephone number in E.164."""
    return _PHONE + phone


def own_id(key: str) -> str | None:
    """Return the customer id in an `id:` key, `None` for any other key."""
    return key.removeprefix(_OWN) if key.startswith(_OWN) else None


def system_of(key: str) -> str | None:
    """Return the system that gave an external id, `None` for any other key."""
    return unquote(key.split(":", 2)[1]) if key.startswith(_EXTERNAL) else None


def by_system(keys: Iterable[str]) -> dict[str, set[str]]:
    """Return the external ids among keys, as keys, by the system that gave them."""
    found: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        if system := system_of(key):
            found[system].add(key)
    return found


def external_ids(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Return the external ids among keys as pairs of system and id."""
    found = (key.split(":", 2) for key in keys if key.startswith(_EXTERNAL))
    return [(unquote(system), id) for _, system, id in found]


def emails(keys: Iterable[str]) -> list[str]:
    """Return the e-mail addresses among keys."""
    return [key.removeprefix(_EMAIL) for key in keys if key.startswith(_EMAIL)]


def phones(keys: Iterable[str]) -> list[str]:
    """Return the telephone numbers among keys."""
    return [key.removeprefix(_PHONE) for key in keys if key.startswith(_PHONE)]


def strength(key: str) -> int:
    """Return how well a key tells people apart; 0 is the strongest."""
    return _STRENGTH[key[: key.index(":") + 1]]


@lru_cache(1000)
def _quoted(system: str) -> str:
    return quote(system)

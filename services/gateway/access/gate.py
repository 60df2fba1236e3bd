"""Who may come in: the key of a request, its scope, and how often it may ask."""

import ipaddress
from collections.abc import Collection, Mapping

from services.gateway.access.keyring import Keyring
from services.gateway.access.tally import Count, Tally
from services.gateway.domain.hearing import missing_scopes
from services.gateway.domain.key import Key, parse
from services.gateway.domain.scopes import ANY
from services.gateway.refusals import Refusal

#: How often somebody without a valid key may ask in a minute, by address.
STRANGERS_PER_MINUTE = 120
#: How many links in messages may be followed from one address: mail providers do it for many people.
VISITORS_PER_MINUTE = 600
#: How many keys nobody here has heard of the database is asked for in a minute, whoever sends them; and those
#: from one address, so that nobody alone keeps keys out that are used for the first time.
LOOKUPS_PER_MINUTE, LOOKUPS_OF_ONE = 6_000, 600


class Gate:
    """Admits requests; safe to share among threads."""

    def __init__(self, keyring: Keyring, tally: Tally) -> None:
        self._keyring = keyring
        self._tally = tally

    def recognise(self, authorization: str | None, address: str) -> Key:
        """Return the key behind an `Authorization` header.

        Raises:
            Refusal: no key or none that counts (401); too many such requests (429).
        """
        kind, _, text = (authorization or "").partition(" ")
        token = text.strip() if kind.lower() == "bearer" else ""
        if parse(token) and not self._keyring.knows(token):
            counted = self._tally.take(f"lookups {neighbourhood(address)}", LOOKUPS_OF_ONE)
            _pass_or_refuse(counted, LOOKUPS_OF_ONE)
            _pass_or_refuse(self._tally.take("lookups", LOOKUPS_PER_MINUTE), LOOKUPS_PER_MINUTE)
        key = self._keyring.find(token)
        if key is None:
            counted = self._tally.take(f"stranger {neighbourhood(address)}", STRANGERS_PER_MINUTE)
            _pass_or_refuse(counted, STRANGERS_PER_MINUTE)
            raise Refusal(
                401,
                "unauthorized",
                "send a valid key: Authorization: Bearer wafa_... (`wafa keys create` makes one)",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return key

    def admit(self, key: Key, scope: str) -> Mapping[str, str]:
        """Count a request of a key, and return the headers that say what is left to it.

        Raises:
            Refusal: without the scope (403), too many requests (429).
        """
        left = _pass_or_refuse(self._tally.take(f"key {key.prefix}", key.per_minute), key.per_minute)
        if scope != ANY and scope not in key.scopes:
            message = f"the key {key.prefix} lacks the scope {scope}"
            raise Refusal(403, "forbidden", message, headers=left)
        return left

    def visit(self, address: str) -> None:
        """Count somebody who comes without a key to where none is needed.

        Raises:
            Refusal: too many requests from there (429).
        """
        counted = self._tally.take(f"visitor {neighbourhood(address)}", VISITORS_PER_MINUTE)
        _pass_or_refuse(counted, VISITORS_PER_MINUTE)


def check_hearing(key: Key, types: Collection[str]) -> None:
    """Make sure that a key may hear of events of these types.

    Raises:
        Refusal: it lacks a scope (403).
    """
    if missing := missing_scopes(types, key.scopes):
        message = f"to hear of these events the key {key.prefix} lacks {', '.join(missing)}"
        raise Refusal(403, "forbidden", message)


def neighbourhood(address: str) -> str:
    """Return by what strangers are told apart: of IPv6 the network, in which one has all addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "somewhere"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def _pass_or_refuse(count: Count, per_minute: int) -> dict[str, str]:
    headers = {
        "RateLimit-Limit": str(per_minute),
        "RateLimit-Remaining": str(count.left),
        "RateLimit-Reset": str(count.seconds),
    }
    if not count.passes:
        message = f"more than {per_minute} requests in a minute; try again in {count.seconds} s"
        raise Refusal(
            429, "too_many_requests", message, headers=headers | {"Retry-After": str(count.seconds)}
        )
    return headers

"""Who may come in: the key of a request, its scope, and how often it may ask."""

import time
from collections.abc import Mapping

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from services.gateway.domain.key import Key
from services.gateway.keyring import Keyring
from services.gateway.refusals import Refusal

#: How often somebody without a valid key may ask in a minute, by address.
STRANGERS_PER_MINUTE = 120


class Gate:
    """Admits requests; safe to share among threads.

    Each process counts for itself: with `processes` of them, each lets the share pass that falls to it.
    """

    def __init__(self, keyring: Keyring, processes: int = 1) -> None:
        self._keyring = keyring
        self._processes = processes
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def admit(self, authorization: str | None, scope: str, address: str) -> tuple[Key, Mapping[str, str]]:
        """Return the key behind an `Authorization` header, and the headers that say what is left to it.

        Raises:
            Refusal: no key or none that counts (401), without the scope (403), too many requests (429).
        """
        kind, _, token = (authorization or "").partition(" ")
        key = self._keyring.find(token.strip()) if kind.lower() == "bearer" else None
        if key is None:
            self._count(f"stranger {address}", STRANGERS_PER_MINUTE)
            raise Refusal(
                401,
                "unauthorized",
                "send a valid key: Authorization: Bearer wafa_... (`wafa keys create` makes one)",
                headers={"WWW-Authenticate": "Bearer"},
            )
        left = self._count(key.prefix, key.per_minute)
        if scope not in key.scopes:
            raise Refusal(403, "forbidden", f"the key {key.prefix} lacks the scope {scope}")
        return key, left

    def _count(self, who: str, per_minute: int) -> dict[str, str]:
        limit = RateLimitItemPerMinute(max(per_minute // self._processes, 1))
        passes = self._limiter.hit(limit, who)
        window = self._limiter.get_window_stats(limit, who)
        seconds = str(max(int(window.reset_time - time.time()) + 1, 1))
        headers = {
            "RateLimit-Limit": str(limit.amount),
            "RateLimit-Remaining": str(max(window.remaining, 0)),
            "RateLimit-Reset": seconds,
        }
        if not passes:
            message = f"more than {per_minute} requests in a minute; try again in {seconds} s"
            raise Refusal(429, "too_many_requests", message, headers=headers | {"Retry-After": seconds})
        return headers

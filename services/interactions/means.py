"""What the handlers work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.interactions.store import InteractionStore
from wafa.runtime.publisher import Publish

Reference = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """The store, the bus, the customers service, and what time it is.

    `resolve` says who is meant by each reference, and makes a customer of whoever is met for the first time.
    `erased` says of each reference whether it means somebody who was erased. `aside` calls a function that
    computes for long so that nothing else has to wait for it.
    """

    store: InteractionStore
    publish: Publish
    resolve: Callable[[list[Reference]], list[dict[str, Any]]]
    erased: Callable[[list[Reference]], list[bool]]
    now: datetime
    aside: Callable[..., Any]

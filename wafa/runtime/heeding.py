"""The batch entrypoint for a queue of which little is wanted: what has no effect is not read.

@consume_wanted("wafa.gateway", wanted)
def take_in(self, events): ...
"""

from collections.abc import Callable, Collection
from typing import Any

from wafa.runtime.consumer import BatchConsumer
from wafa.runtime.entrypoint import BatchEntrypoint
from wafa.runtime.settings import Settings
from wafa.runtime.wanted import Take, passing_over


class HeedfulEntrypoint(BatchEntrypoint):
    """Does as `BatchEntrypoint`, and gives the service nothing but events of the types that are wanted.

    `wanted` is given the service's `store` and returns the types. It is asked for each batch, after the batch
    has arrived: what becomes wanted is there from then on.
    """

    def __init__(self, queue: str, wanted: Callable[[Any], Collection[str]], **options: Any) -> None:
        self._wanted = wanted
        super().__init__(queue, **options)

    def _consumer(self, queue: str, take: Take, settings: Settings, **options: Any) -> BatchConsumer:
        return super()._consumer(queue, passing_over(take, self._types), settings, **options)

    def _types(self) -> Collection[str]:
        [store] = [one for one in self.container.dependencies if one.attr_name == "store"]
        return self._wanted(store.get_dependency(None))


consume_wanted = HeedfulEntrypoint.decorator

"""The batch entrypoint for a queue of which little is wanted: what has no effect is not read.

@consume_wanted("wafa.gateway", wanted)
def take_in(self, events): ...
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from wafa.contracts.envelope import BATCH, STRUCTURED
from wafa.runtime.consumer import BatchConsumer, Delivery
from wafa.runtime.entrypoint import BatchEntrypoint
from wafa.runtime.settings import Settings

Take = Callable[[Sequence[Delivery], int], None]


class _Typed(msgspec.Struct):
    type: str


_one, _all = msgspec.json.Decoder(_Typed), msgspec.json.Decoder(list[_Typed])


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


def passing_over(take: Take, wanted: Callable[[], Collection[str]]) -> Take:
    """Return `take` for deliveries that hold anything but events of types that nobody wants.

    Messages are told by their routing key. One that does not hold what its key says, or cannot be read, is
    taken: it is to be quarantined.
    """

    def take_wanted(deliveries: Sequence[Delivery], tries: int) -> None:
        types = wanted()
        left = [one for one in deliveries if one.routing_key in types or not _as_its_key_says(one)]
        if left:
            take(left, tries)

    return take_wanted


def _as_its_key_says(delivery: Delivery) -> bool:
    """Tell whether a message plainly holds events of the type of its routing key, and nothing else.

    Nothing but their types is looked at: that costs a tenth of reading and checking them.
    """
    try:
        if delivery.content_type == STRUCTURED:
            return _one.decode(delivery.body).type == delivery.routing_key
        if delivery.content_type == BATCH:
            return all(one.type == delivery.routing_key for one in _all.decode(delivery.body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    return False


consume_wanted = HeedfulEntrypoint.decorator

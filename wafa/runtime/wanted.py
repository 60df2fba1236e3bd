"""What of a queue is wanted, told without reading it."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from wafa.contracts.envelope import BATCH, STRUCTURED
from wafa.runtime.consumer import Delivery

Take = Callable[[Sequence[Delivery], int], None]


class _Typed(msgspec.Struct):
    type: str


_one, _all = msgspec.json.Decoder(_Typed), msgspec.json.Decoder(list[_Typed])


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

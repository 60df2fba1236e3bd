"""The renderer of a process: texts and data in, messages out, by way of a child process.

Texts are somebody else's, so they are rendered where they can do no harm. A child that dies, or has to be
killed, costs nobody a message: what it has not handed back is rendered by the next one, each by itself, so
that whatever brought the first one down is found and spoils no other.
"""

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec

from services.notifications.texts.findings import Finding
from services.notifications.texts.sandbox import CannotStart, Gone, Sandbox
from services.notifications.texts.text import Broken, Order, Text, Texts, Titles
from services.notifications.texts.wire import Batch, Check, Wanted

AT_A_TIME = 64
#: Of so many versions of campaigns the texts are kept ready.
KEYS = 100
#: How often a message that may have brought down a child is tried by itself.
TRIES = 2
#: Seconds for texts that somebody looks at: nobody waits for longer, and messages to customers wait for them.
PATIENCE = 20.0
#: How many of these are rendered before messages to customers have their turn.
LOOKED_AT = 8
NO_TIME = "other texts took too long; try it with fewer"


class Renderer:
    """Renders messages; one is enough for a process. Safe to share among threads.

    `limits` are those of `Sandbox`, `patience` is that of whoever looks at texts.
    """

    def __init__(self, titles: Titles, *, patience: float = PATIENCE, **limits: Any) -> None:
        self._patience = patience
        self._sandbox = Sandbox(titles, **limits)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        # Also when nobody closes it, or the process ends in good order; if not, the child notices by itself.
        weakref.finalize(self, self._sandbox.end)

    @property
    def pid(self) -> int | None:
        """The id of the child process, if one runs."""
        return self._sandbox.pid

    def render_all(self, orders: Sequence[Order]) -> list[Text | Broken]:
        """Return a message for each order, or why there is none; no order spoils another."""
        made: list[Text | Broken] = []
        for start in range(0, len(orders), AT_A_TIME):
            with self._lock:
                made += self._render(orders[start : start + AT_A_TIME])
        return made

    def shown(self, orders: Sequence[Order]) -> list[Text | Broken]:
        """Return the same for who looks at them; of what is left after a while, that it was put off."""
        made: list[Text | Broken] = []
        until = time.monotonic() + self._patience
        for start in range(0, len(orders), LOOKED_AT):
            some = orders[start : start + LOOKED_AT]
            made += self.render_all(some) if time.monotonic() < until else map(_put_off, some)
        return made

    def check(self, texts: Texts, purpose: str) -> list[Finding]:
        """Return what is wrong with texts for a campaign of this purpose, by where it is.

        That there was no time to check a text is something that is wrong with it, too.

        Raises:
            CannotStart: nothing can be rendered just now.
        """
        found: list[Finding] = []
        until = time.monotonic() + self._patience
        for template, translations in texts.items():
            if time.monotonic() >= until:
                found.append(Finding(template, "", "", 0, "error", f"it was not checked: {NO_TIME}"))
                continue
            with self._lock:
                found += self._checked({template: translations}, purpose)
        return sorted(found)

    def close(self) -> None:
        """End the child process. It starts again if a message is asked for."""
        with self._lock:
            self._sandbox.end()

    def _checked(self, texts: Texts, purpose: str) -> list[Finding]:
        try:
            self._start()
            return self._sandbox.checked(Check(texts, str(purpose)))
        except CannotStart:
            raise
        except Gone as error:
            told = f"it cannot be checked: the process that does so was lost: {error}"
            return [Finding(template, "", "", 0, "error", told) for template in texts]

    def _render(self, orders: Sequence[Order]) -> list[Text | Broken]:
        packed = [_wanted(order) for order in orders]
        good = [(order, one) for order, one in zip(orders, packed, strict=True) if isinstance(one, Wanted)]
        made = iter(self._all([order for order, _ in good], [one for _, one in good]))
        return [one if isinstance(one, Broken) else next(made) for one in packed]

    def _all(self, orders: Sequence[Order], wanted: Sequence[Wanted]) -> list[Text | Broken]:
        made: list[Text | Broken] = []
        try:
            self._ask(orders, wanted, made)
        except CannotStart as error:
            return made + [Broken(str(error), ours=True)] * (len(orders) - len(made))
        except Gone:
            for order, one in list(zip(orders, wanted, strict=True))[len(made) :]:
                made.append(self._alone(order, one))
        return made

    def _alone(self, order: Order, wanted: Wanted) -> Text | Broken:
        made: list[Text | Broken] = []
        for _ in range(TRIES):
            try:
                self._ask([order], [wanted], made)
                return made[0]
            except Gone as error:
                why = error
        # Time and again, all by itself: most likely its own doing, but nobody knows.
        return Broken(f"text {order.template}: the process that renders it was lost: {why}", ours=True)

    def _ask(self, orders: Sequence[Order], wanted: Sequence[Wanted], made: list[Text | Broken]) -> None:
        if not wanted:
            return
        self._start()
        learn, forget = self._news(orders)
        for some in self._sandbox.rendered(Batch(learn, forget, list(wanted))):
            made += some

    def _start(self) -> None:
        if self._sandbox.start():
            self._known.clear()

    def _news(self, orders: Sequence[Order]) -> tuple[dict[str, Texts], list[str]]:
        """Return texts that the child does not know yet, and keys of which it may forget what it knows."""
        learn: dict[str, Texts] = {}
        for order in orders:
            if order.texts_key not in self._known:
                learn[order.texts_key] = order.texts
            self._known[order.texts_key] = None
            self._known.move_to_end(order.texts_key)
        forget = []
        while len(self._known) > max(KEYS, AT_A_TIME):
            forget.append(self._known.popitem(last=False)[0])
        return learn, forget


def _wanted(order: Order) -> Wanted | Broken:
    try:
        data = msgspec.msgpack.encode(dict(order.data))
    except (TypeError, ValueError, OverflowError) as error:
        return Broken(f"text {order.template}, data: {error}", ours=True)
    return Wanted(order.texts_key, order.template, order.locale, order.default_locale, data)


def _put_off(order: Order) -> Broken:
    return Broken(f"text {order.template}, language {order.locale}: it was not tried: {NO_TIME}", ours=False)

"""The renderer of a process: texts and data in, messages out."""

from collections.abc import Sequence

from services.notifications.texts.engine import Engine
from services.notifications.texts.text import Broken, Order, Text, Titles


class Renderer:
    """Renders messages; one is enough for a process. Safe to share among threads."""

    def __init__(self, titles: Titles) -> None:
        self._engine = Engine(titles)

    def render_all(self, orders: Sequence[Order]) -> list[Text | Broken]:
        """Return a message for each order, or why there is none; no order spoils another."""
        made: list[Text | Broken] = []
        for order in orders:
            self._engine.learn(order.texts_key, order.texts)
            made.append(
                self._engine.render(
                    order.texts_key, order.template, order.locale, order.default_locale, order.data
                )
            )
        return made

    def close(self) -> None:
        """End what the renderer has started; it starts again when it is asked again."""

"""The active model, looked up now and then, so that services need no restart after a fit."""

from collections.abc import Callable

from services.loyalty.domain.outlook.model import PRIORS, Model

#: Seconds after which it is looked for again.
EVERY = 60.0


class CurrentModel:
    """Knows the active model; `PRIORS` before the first.

    Args:
        load: returns the active model, None where there is none.
        clock: seconds that only grow.
    """

    def __init__(self, load: Callable[[], Model | None], clock: Callable[[], float]) -> None:
        self._load = load
        self._clock = clock
        self._model = PRIORS
        self._again = float("-inf")

    def get(self) -> Model:
        """Return the model to apply now.

        Raises:
            What `load` raises; then it is looked for again the next time.
        """
        now = self._clock()
        if now >= self._again:
            self._model = self._load() or PRIORS
            self._again = now + EVERY
        return self._model

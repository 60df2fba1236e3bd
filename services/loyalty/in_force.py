"""The rules that a member is seen by: the program's file, and the model that is active."""

import time
from collections.abc import Callable
from dataclasses import replace

from services.loyalty.domain.outlook.model import Model
from services.loyalty.domain.program import Program
from services.loyalty.models.current import CurrentModel


class InForce:
    """A program that follows the active model; one serves all workers of a process."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._model: CurrentModel | None = None

    def program(self, load: Callable[[], Model | None]) -> Program:
        """Return the program with the active model.

        `load` returns that one, None where there is none, and is asked about once a minute; what it raises
        comes out here.
        """
        self._model = self._model or CurrentModel(load, time.monotonic)
        model = self._model.get()
        if model is not self._program.model:
            self._program = replace(self._program, model=model)
        return self._program

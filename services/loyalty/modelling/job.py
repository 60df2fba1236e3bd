"""What `wafa models` runs in its own process: evaluating on files, fitting to loyalty's ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.loyalty.domain.outlook.model import HORIZONS
from services.loyalty.modelling.datasets import Columns, Dataset, Unreadable, read
from services.loyalty.modelling.dates import date_of, day_number
from services.loyalty.modelling.evaluation import TooShort, default_cuts, default_horizons, evaluate
from services.loyalty.modelling.rhythm_fit import evaluate_due

__all__ = ["Columns", "Evaluation", "TooShort", "Unreadable", "prepare"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A file, and the cuts and horizons at which models are judged by it."""

    path: Path
    dataset: Dataset
    cuts: Sequence[int]
    horizons: Sequence[int]

    def described(self) -> dict[str, Any]:
        """Return what the file holds."""
        days = self.dataset.history.days
        return {
            "file": str(self.path),
            "customers": self.dataset.history.number,
            "purchases": len(days),
            "from": str(date_of(days.min())),
            "to": str(date_of(days.max())),
            "lines_without_customer": self.dataset.nobody,
            "days_of_returns_only": self.dataset.returned,
        }

    def run(self) -> Iterator[dict[str, Any]]:
        """Yield what is found at each cut: `cut`, `horizons` and `due`.

        Raises:
            TooShort: there is nothing to judge by at a cut.
        """
        history = self.dataset.history
        for cut in self.cuts:
            day = str(date_of(cut))
            try:
                horizons = [{"cut": day, **one} for one in evaluate(history, cut, self.horizons)]
            except TooShort as error:
                raise TooShort(f"{self.path}, cut {day}: {error}") from error
            yield {"cut": day, "horizons": horizons, "due": evaluate_due(history.people, history.days, cut)}


def prepare(path: Path, columns: Columns, cuts: Sequence[date], horizons: Sequence[int]) -> Evaluation:
    """Read a file, and choose what is not told.

    Raises:
        Unreadable: the file is not what it should be.
        TooShort: it covers too little time.
        OSError: it cannot be read.
    """
    dataset = read(path, columns)
    try:
        chosen = list(horizons) or default_horizons(dataset.history, HORIZONS)
    except TooShort as error:
        raise TooShort(f"{path}: {error}") from error
    days = sorted(map(day_number, cuts)) or default_cuts(dataset.history, chosen)
    return Evaluation(path, dataset, days, sorted(chosen))

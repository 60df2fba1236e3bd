"""What `wafa models` runs in its own process: evaluating on files, fitting to loyalty's ledger."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.loyalty.domain.outlook.model import HORIZONS
from services.loyalty.modelling.datasets import Columns, Dataset, Unreadable, read
from services.loyalty.modelling.dates import date_of, day_number
from services.loyalty.modelling.evaluation import TooShort, default_cuts, default_horizons, evaluate
from services.loyalty.modelling.fitting import fit
from services.loyalty.modelling.history import History
from services.loyalty.modelling.ledger import history_of
from services.loyalty.modelling.rhythm_fit import evaluate_due
from services.loyalty.models.store import ModelStore
from wafa.contracts.times import format_time
from wafa.runtime.clock import now
from wafa.runtime.mongo import open_database
from wafa.runtime.settings import load_settings

__all__ = ["Columns", "Evaluation", "TooShort", "Unreadable", "activate", "fit_ledger", "prepare", "versions"]


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


def fit_ledger(mongodb_uri: str | None = None) -> dict[str, Any] | None:
    """Fit a model to loyalty's ledger, judge one by its end, keep both, activate it; None: nobody bought.

    The database is that of the settings, on the server at `mongodb_uri` where that is given. The model is of
    the last day with a purchase: that nothing comes in at all says nothing of members.
    """
    with _store(mongodb_uri) as store:
        history = history_of(store)
        if not history.number:
            return None
        moment = now()
        model = fit(history, int(history.days.max()), fitted_at=format_time(moment))
        about = {
            "fitted_at": format_time(moment),
            "until": str(date_of(history.days.max())),
            "customers": history.number,
            "purchases": len(history.days),
            "evaluation": _judged(history),
        }
        version = store.add(model, about)
        store.activate(version)
    return {"version": version, **about}


def versions(mongodb_uri: str | None = None) -> dict[str, Any]:
    """Return all models that are kept, and which is active: `{"active", "versions"}`."""
    with _store(mongodb_uri) as store:
        found = store.versions()
        return {"active": store.active_version(), "versions": [_named(one) for one in found]}


def activate(version: int, mongodb_uri: str | None = None) -> bool:
    """Make a version the active one; False: there is none of this number."""
    with _store(mongodb_uri) as store:
        return store.activate(version)


def _named(kept: dict[str, Any]) -> dict[str, Any]:
    return {"version": kept["_id"], **{name: value for name, value in kept.items() if name != "_id"}}


def _judged(history: History) -> list[dict[str, Any]]:
    """Return how good a model was that knew all but the end of the history; empty where that is too short."""
    try:
        horizons = default_horizons(history, HORIZONS)
        cut = int(history.days.max()) - max(horizons)
        return [{"cut": str(date_of(cut)), **one} for one in evaluate(history, cut, horizons)]
    except TooShort:
        return []


@contextmanager
def _store(mongodb_uri: str | None) -> Iterator[ModelStore]:
    settings = load_settings()
    database = open_database(mongodb_uri or settings.mongodb_uri, settings.database("loyalty"))
    try:
        yield ModelStore(database)
    finally:
        database.client.close()

"""What models predict and how well, as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_METHODS = {
    "recency": "recency",
    "frequency": "frequency",
    "rank_sum": "rank sum",
    "bgnbd": "BG/NBD",
    "wafa": "Wafa",
}
#: Measure, its title, its places, and whether more is better (None: the nearer to 1).
_MEASURES = (
    ("auc", "AUC", 3, True),
    ("lift_10", "lift at 10 %", 2, True),
    ("lift_20", "lift at 20 %", 2, True),
    ("brier", "Brier", 4, False),
    ("purchases_to_actual", "count", 2, None),
)


def show_evaluation(one: dict[str, Any], console: Console) -> None:
    """Print what `wafa models evaluate --json` has of a file."""
    console.print(
        f"{one['file']}: {one['customers']:,} customers, {one['purchases']:,} days with a purchase,"
        f" {one['from']} to {one['to']}",
        soft_wrap=True,
    )
    for cut in one["cuts"]:
        for row in cut["horizons"]:
            console.print(_table(row))
        if any(cut["due"].values()):
            console.print(_due_dates(cut))


def show_version(one: dict[str, Any], console: Console) -> None:
    """Print what `wafa models fit --json` has of a model."""
    console.print(
        f"model {one['version']}: fitted to {one['purchases']:,} days with a purchase of {one['customers']:,}"
        f" customers until {one['until']}",
        soft_wrap=True,
    )
    for row in one["evaluation"]:
        console.print(_table(row))


def show_versions(found: dict[str, Any], console: Console) -> None:
    """Print what `wafa models list --json` has: a line for each model."""
    table = Table()
    for title in ("version", "fitted at", "until", "customers", "AUC", "AUC of BG/NBD"):
        table.add_column(title, justify="left" if title in ("fitted at", "until") else "right")
    for one in found["versions"]:
        version = f"{one['version']}{' (active)' if one['version'] == found['active'] else ''}"
        last = one["evaluation"][-1]["methods"] if one["evaluation"] else {}
        areas = [last.get(method, {}).get("auc") for method in ("wafa", "bgnbd")]
        told = ["" if area is None else f"{area:.3f}" for area in areas]
        table.add_row(version, one["fitted_at"], one["until"], f"{one['customers']:,}", *told)
    console.print(table)


def _due_dates(cut: dict[str, Any]) -> Table:
    """Return how many next purchases fell into the windows of due dates, and how far the dates were off."""
    table = Table(
        title=f"due dates by the rhythm known until {cut['cut']}, beside the mean interval so far"
        " (with a window as wide)",
        title_justify="left",
    )
    table.add_column("told")
    for title in ("window for", "purchases", "within", "by the mean", "days wide", "days off", "by the mean"):
        table.add_column(title, justify="right")
    for when, title in (("at_purchase", "at each purchase"), ("at_cut", "on that day")):
        for one in cut["due"][when]:
            shares = [f"{one[name]:.0%}" for name in ("held", "held_by_mean")]
            days = [f"{one[name]:.1f}" for name in ("width", "error", "error_of_mean")]
            table.add_row(title, f"{one['meant']:.0%}", f"{one['forecasts']:,}", *shares, *days)
    return table


def _table(row: dict[str, Any]) -> Table:
    rate = row["bought"] / row["customers"]
    table = Table(
        title=f"known until {row['cut']}, predicted for {row['horizon']} days: {row['bought']:,} of"
        f" {row['customers']:,} customers bought ({rate:.1%})",
        title_justify="left",
    )
    table.add_column("")
    for _, title, _, _ in _MEASURES:
        table.add_column(title, justify="right")
    best = {name: _best(row["methods"], name, more) for name, _, _, more in _MEASURES}
    for method, title in _METHODS.items():
        figures = row["methods"][method]
        cells = [_cell(figures.get(name), places, best[name]) for name, _, places, _ in _MEASURES]
        table.add_row(title, *cells)
    return table


def _best(methods: dict[str, Any], name: str, more: bool | None) -> float | None:
    values = [one[name] for one in methods.values() if one.get(name) is not None]
    if not values:
        return None
    if more is None:
        return min(values, key=lambda value: abs(value - 1))  # type: ignore[no-any-return]
    return max(values) if more else min(values)  # type: ignore[no-any-return]


def _cell(value: float | None, places: int, best: float | None) -> Text:
    if value is None:
        return Text("")
    told = f"{value:.{places}f}"
    return Text(told, style="bold" if best is not None and told == f"{best:.{places}f}" else "")

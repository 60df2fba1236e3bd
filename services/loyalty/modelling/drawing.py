"""Calibration as pictures (PNG): of those who were told a chance, so many should buy."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

_INK, _GRID = "#1f2937", "#e5e7eb"
_LINES = {"bgnbd": ("BG/NBD", "#9ca3af"), "wafa": ("Wafa", "#0f766e")}


def draw_calibration(name: str, evaluations: list[dict[str, Any]], path: Path) -> None:
    """Write one picture with a row for each cut and a column for each horizon.

    Raises:
        OSError: the file cannot be written.
    """
    cuts = sorted({one["cut"] for one in evaluations})
    horizons = sorted({one["horizon"] for one in evaluations})
    width, height = 3.6 * len(horizons) + 0.4, 3.4 * len(cuts) + 0.6
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    places = figure.subplots(len(cuts), len(horizons), squeeze=False)
    for axes in places.flat:
        axes.set_visible(False)
    for one in evaluations:
        _draw(places[cuts.index(one["cut"])][horizons.index(one["horizon"])], one)
    figure.suptitle(f"{name}: chances told, and shares that bought", color=_INK, size=12)
    figure.savefig(path, dpi=110, format="png")


def _draw(axes: Any, one: dict[str, Any]) -> None:
    axes.set_visible(True)
    most = 0.02
    for method, (label, colour) in _LINES.items():
        points = [(group["chance"], group["bought"]) for group in one["methods"][method]["calibration"]]
        axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=4, label=label)
        most = max(most, *(max(point) for point in points))
    axes.plot([0, most], [0, most], color=_INK, lw=0.8, ls=":")
    axes.set_title(f"{one['cut']}, {one['horizon']} days, {one['customers']:,} customers", size=9, color=_INK)
    axes.set_xlabel("chance", size=8)
    axes.set_ylabel("bought", size=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.tick_params(labelsize=8)
    axes.grid(color=_GRID)
    axes.legend(frameon=False, fontsize=8)

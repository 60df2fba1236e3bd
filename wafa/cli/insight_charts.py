"""The figures of `wafa insights` as pictures (PNG); matplotlib is imported by `charts` and here only."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from wafa.cli.charts import CONTACTED, HELD_OUT, INK, MUTED, STOPPED

#: Cohorts and months that a picture has room for, the latest.
MOST = 24


def draw(found: dict[str, Any], folder: Path) -> list[Path]:
    """Draw retention by cohort, members by month, and members and spend by tier; return the files.

    Raises:
        OSError: a file cannot be written.
    """
    drawn = []
    for name, picture in (("retention", _retention), ("months", _months), ("tiers", _tiers)):
        figure = Figure(figsize=(11, 6), layout="constrained", facecolor="white")
        picture(figure.subplots(), found)
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=120, format="png")
        drawn.append(path)
    return drawn


def _retention(axes: Axes, found: dict[str, Any]) -> None:
    rows = found["cohorts"][-MOST:]
    width = min(MOST, max((len(row["retention"]) for row in rows), default=1))
    shares = [
        [row["retention"][at] if at < len(row["retention"]) else None for at in range(width)] for row in rows
    ]
    axes.set_title("Share of each cohort that buys in a later month", loc="left", weight="bold", color=INK)
    axes.set_xlabel("months after the first purchase", color=MUTED)
    if not rows:
        return
    # The first month is 100% by definition, and would take all colours.
    top = max((share for row in shares for share in row[1:] if share is not None), default=1.0) or 1.0
    cells = [[float("nan") if share is None else share for share in row] for row in shares]
    image = axes.imshow(cells, aspect="auto", cmap="YlGnBu", vmin=0, vmax=top)
    axes.set_yticks(range(len(rows)), [f"{row['cohort']}  ({row['members']:,})" for row in rows], size=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.figure.colorbar(image, ax=axes, format=PercentFormatter(1, decimals=0))


def _months(axes: Axes, found: dict[str, Any]) -> None:
    rows = found["months"][-MOST:]
    places, base = range(len(rows)), [0] * len(rows)
    for name, colour in (("stayed", CONTACTED), ("back", HELD_OUT), ("new", STOPPED)):
        counts = [row[name] for row in rows]
        axes.bar(places, counts, bottom=base, color=colour, label=name)
        base = [low + count for low, count in zip(base, counts, strict=True)]
    axes.set_title("Members who bought, by month", loc="left", weight="bold", color=INK)
    labels = [row["month"] + ("" if row["complete"] else "*") for row in rows]
    axes.set_xticks(places, labels, rotation=60, size=9)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    axes.set_xlabel("* is running", color=MUTED)
    axes.legend(frameon=False)


def _tiers(axes: Axes, found: dict[str, Any]) -> None:
    rows = found["tiers"]
    values = [float(row["spend_per_member"]) for row in rows]
    axes.bar(range(len(rows)), values, color=CONTACTED)
    title = f"Spend of all times for each member, {found['currency']}"
    axes.set_title(title, loc="left", weight="bold", color=INK)
    axes.set_xticks(range(len(rows)), [f"{row['tier']}\n{row['members']:,}" for row in rows])

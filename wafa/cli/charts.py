"""The report of a campaign as a picture (PNG).

matplotlib is imported here only, and this module only where a picture is asked for: that takes a second, and
70 MB. Since 3.11 it shapes Arabic by itself, in both directions; its own DejaVu Sans has the letters.
"""

from datetime import date, timedelta
from pathlib import Path
from textwrap import fill, shorten
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

INK, MUTED, GRID = "#1f2937", "#6b7280", "#e5e7eb"
CONTACTED, HELD_OUT, STOPPED, BOUGHT = "#0f766e", "#9ca3af", "#b45309", "#f59e0b"
#: A picture of fewer days has room for so many.
FEWEST_DAYS = 9
#: Days beyond that are added up by the week.
MOST_DAYS = 62
#: Characters of a title.
LONGEST = 60


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the picture of a report as `wafa campaign report --json` prints it.

    Raises:
        OSError: the file cannot be written.
    """
    figure = Figure(figsize=(12, 8.2), layout="constrained", facecolor="white")
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=0.18, h_pad=0.16, hspace=0.06, wspace=0.04)
    rows: Any = figure.subfigures(3, 1, height_ratios=[1, 3.2, 2.6])
    _heading(rows[0], report)
    left, right = rows[1].subplots(1, 2, width_ratios=[1, 1.25])
    _conversion(left, report)
    _outcomes(right, report)
    _days(rows[2].subplots(), report)
    figure.savefig(path, dpi=130, format="png")


def _heading(place: Any, report: dict[str, Any]) -> None:
    title = report.get("title", {})
    names = [shorten(title[one], LONGEST) for one in ("en", "ar") if one in title] or [report["campaign"]]
    size = 20 if sum(map(len, names)) < LONGEST else 13
    for name, x, side in zip(names, (0.015, 0.985), ("left", "right"), strict=False):
        place.text(x, 0.82, name, size=size, weight="bold", color=INK, va="top", ha=side)
    verdict = report["words"][1] if len(report["words"]) > 1 else report["words"][0]
    place.text(0.015, 0.42, fill(verdict, 150), size=10.5, color=INK, va="top", linespacing=1.4)
    note = f"{report['campaign']}  ·  as of {report['as_of'][:10]}"
    place.text(0.985, 0.0, note, size=9, color=MUTED, va="bottom", ha="right")


def _conversion(axes: Axes, report: dict[str, Any]) -> None:
    """Draw the shares that bought, with their intervals."""
    _plain(axes, "Bought within the window, with 95% interval")
    sides = [("contacted", CONTACTED), ("held_out", HELD_OUT)]
    top = 0.01
    for place, (name, colour) in enumerate(sides):
        side = report[name]
        if side["rate"] is None:
            axes.text(place, 0, "nobody", ha="center", va="bottom", color=MUTED)
            continue
        low, high = side["interval"]
        axes.bar(place, side["rate"], width=0.55, color=colour, zorder=2)
        below, above = max(0.0, side["rate"] - low), max(0.0, high - side["rate"])
        axes.errorbar(place, side["rate"], yerr=[[below], [above]], color=INK, capsize=7, lw=1.5, zorder=3)
        axes.text(place, high, f"{side['rate']:.1%}\n", ha="center", va="bottom", color=INK, weight="bold")
        top = max(top, high)
    labels = [
        f"{name.replace('_', ' ')}\n{report[name]['converted']:,} of {report[name]['people']:,}"
        for name, _ in sides
    ]
    axes.set_xticks(range(2), labels, color=INK)
    axes.set_xlim(-0.6, 1.6)
    axes.set_ylim(0, min(1.18, top * 1.28))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))


def _outcomes(axes: Axes, report: dict[str, Any]) -> None:
    """Draw what became of the messages: sent by channel, then why not."""
    _plain(axes, f"What became of {report['messages']['planned']:,} messages", grid="x")
    messages = report["messages"]
    bars = [(f"sent by {name}", number, CONTACTED) for name, number in messages["sent_by_channel"].items()]
    if messages["held_out"]:
        bars.append(("held out", messages["held_out"], HELD_OUT))
    bars += [(_words(name), number, STOPPED) for name, number in messages["suppressed_by_reason"].items()]
    failed = messages["failed_by_reason"].items()
    bars += [(f"failed: {_words(name)}", number, STOPPED) for name, number in failed]
    if messages["waiting"]:
        bars.append(("waiting", messages["waiting"], MUTED))
    most = max((number for _, number, _ in bars), default=1)
    for place, (_, number, colour) in enumerate(bars):
        axes.barh(place, number, color=colour, height=0.66, zorder=2)
        axes.text(number + most * 0.012, place, f"{number:,}", va="center", color=INK, size=9.5)
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars], color=INK)
    axes.set_ylim(max(len(bars), 4) - 0.4, -0.6)
    axes.set_xlim(0, most * 1.14)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    axes.tick_params(axis="y", length=0)


def _days(axes: Axes, report: dict[str, Any]) -> None:
    """Draw the contacts of each day, and those of them that a purchase followed."""
    lines = report["by"]["day"]
    unit = "day" if len(lines) <= MOST_DAYS else "week"
    if unit == "week":
        lines = _by_week(lines)
    _plain(axes, f"First contacts by {unit}, and those whom a purchase followed")
    places = range(len(lines))
    contacted = [line["contacted"]["people"] for line in lines]
    bought = [line["contacted"]["converted"] for line in lines]
    axes.bar(places, contacted, width=0.8, color=CONTACTED, zorder=2, label="contacted")
    axes.bar(places, bought, width=0.8, color=BOUGHT, zorder=3, label="of these, bought in time")
    every = max(1, -(-len(lines) // 12))
    axes.set_xticks(list(places)[::every], [line["day"] for line in lines][::every], color=INK, size=9)
    # A few days stand in the middle, not as wide as a wall.
    beside = max(FEWEST_DAYS - len(lines), 0) / 2
    axes.set_xlim(-0.6 - beside, len(lines) - 0.4 + beside)
    axes.set_ylim(0, max([1, *contacted]) * 1.02)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    if lines:
        axes.legend(loc="upper right", frameon=False, ncols=2, labelcolor=INK, bbox_to_anchor=(1, 1.16))


def _by_week(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    weeks: dict[str, dict[str, int]] = {}
    for line in lines:
        day = date.fromisoformat(line["day"])
        week = weeks.setdefault(str(day - timedelta(days=day.weekday())), {"people": 0, "converted": 0})
        for name in week:
            week[name] += line["contacted"][name]
    return [{"day": week, "contacted": counted} for week, counted in sorted(weeks.items())]


def _plain(axes: Axes, title: str, *, grid: str = "y") -> None:
    axes.set_title(title, loc="left", size=11.5, weight="bold", color=INK, pad=12)
    axes.spines[["top", "right", "left" if grid == "y" else "bottom"]].set_visible(False)
    axes.spines[:].set_color(GRID)
    axes.grid(axis=grid, color=GRID, zorder=0)  # type: ignore[arg-type]
    axes.tick_params(colors=MUTED, length=0)


def _words(reason: str) -> str:
    return reason.replace("_", " ")

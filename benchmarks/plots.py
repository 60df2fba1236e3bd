"""The figures as pictures (PNG), beside the page that shows them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.aims import MEGABYTES, MOST_MEMORY
from benchmarks.grids import NAMES, SERVERS
from benchmarks.results import Results

Figures = dict[str, Any]
INK, MUTED, LINES = "#1f2937", "#6b7280", "#e5e7eb"
WAFA, OTHERS, WARM, AIM = "#0f766e", "#9ca3af", "#b45309", "#dc2626"
COLOURS = (WAFA, WARM, "#3b82f6", "#7c3aed", "#f59e0b", "#64748b", "#be185d", "#84cc16")


def draw(results: Results, folder: Path) -> dict[str, list[Path]]:
    """Write the pictures of all measurements that were taken; return their paths, by measurement."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = paths(results, folder)
    for measurement, several in drawn.items():
        for path in several:
            figure = PLOTS[path.stem][1](results[measurement]["figures"])
            figure.savefig(path, dpi=110, metadata={"Software": None})
    return drawn


def paths(results: Results, folder: Path) -> dict[str, list[Path]]:
    """Return where the pictures of all measurements that were taken are, by measurement."""
    found: dict[str, list[Path]] = {}
    for name, (measurement, _) in PLOTS.items():
        if measurement in results:
            found.setdefault(measurement, []).append(folder / f"{name}.png")
    return found


def throughput(figures: Figures) -> Figure:
    """Return bars of the rate of each variant, the fastest on top."""
    rates = {NAMES[name]: run["events_per_second"] for name, run in figures.items()}
    figure, axes = _sheet(0.5 * len(rates) + 1.4)
    _bars(axes, rates, [WAFA if name.startswith("wafa") else OTHERS for name in figures])
    _title(axes, "Purchases a second, from the full queue to the ledger")
    return figure


def memory(figures: Figures) -> Figure:
    """Return bars of the most memory that each process ever held, beside what it may."""
    held = _own_memory(figures["wafa"]["memory_mib"], "peak")
    figure, axes = _sheet(0.45 * len(held) + 1.4)
    _bars(axes, held, [WAFA] * len(held))
    axes.axvline(MOST_MEMORY, color=AIM, ls="--", lw=1.2)
    axes.set_xlim(0, 1.1 * max(MOST_MEMORY, *held.values()))
    _title(axes, f"Most memory of a process, MB (line: aim, under {MOST_MEMORY})")
    return figure


def latency(figures: Figures) -> Figure:
    """Return lines of the percentiles over the load."""
    figure, axes = _sheet(3.6)
    rates = [load["events_per_second"] for load in figures["loads"]]
    for colour, name in zip(COLOURS, ("p50_ms", "p95_ms", "p99_ms"), strict=False):
        times = [load[name] for load in figures["loads"]]
        axes.plot(rates, times, marker="o", color=colour, label=name.removesuffix("_ms"))
    axes.set_xlabel("events/s", color=MUTED)
    axes.set_ylim(bottom=0)
    _legend(axes)
    _title(axes, "From publish to loyalty event, ms")
    return figure


def replicas(figures: Figures) -> Figure:
    """Return bars of the rate, by processes, and a line of how many cores are busy."""
    figure, axes = _sheet(3.4)
    runs = figures["runs"]
    places, rates = zip(*((run["processes"], run["events_per_second"]) for run in runs), strict=True)
    axes.bar(places, rates, width=0.5, color=WAFA, zorder=2)
    axes.set_xticks(places)
    axes.set_xlabel("processes of loyalty and of interactions", color=MUTED)
    _title(axes, f"Purchases a second, and busy cores of {figures['cores']} (line)")
    cores = axes.twinx()
    cores.plot(places, [run["cores_busy"] for run in runs], marker="o", color=WARM)
    cores.set_ylim(0, figures["cores"] * 1.1)
    axes.set_ylim(top=1.1 * max(rates))
    cores.spines[:].set_visible(False)
    cores.tick_params(colors=WARM, length=0)
    return figure


def growth(figures: Figures) -> Figure:
    """Return lines of the processor time of each process over what is stored."""
    figure, axes = _sheet(4.2)
    spent = [(look["stored"], look["cpu_seconds_per_1000"]) for look in figures["looks"]]
    _over_stored(axes, spent)
    _title(axes, "Processor time of 1,000 events, s")
    return figure


def growth_memory(figures: Figures) -> Figure:
    """Return lines of the memory of each process over what is stored."""
    figure, axes = _sheet(3.8)
    held = [(look["stored"], _own_memory(look["memory_mib"], "rss")) for look in figures["looks"]]
    _over_stored(axes, held)
    axes.axhline(MOST_MEMORY, color=AIM, ls="--", lw=1.2)
    axes.set_ylim(0, 1.1 * max(MOST_MEMORY, *(most for _, look in held for most in look.values())))
    _title(axes, f"Memory of a process, MB (line: aim, under {MOST_MEMORY})")
    return figure


def front(figures: Figures) -> Figure:
    """Return bars of requests a second, and of their times."""
    names = [name for name, one in figures.items() if "per_second" in one]
    figure = Figure(figsize=(9.5, 3.8), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    rates = {name.replace("_", " "): figures[name]["per_second"] for name in names}
    _bars(left, rates, [OTHERS if name == "hello" else WAFA for name in names])
    _title(left, "Requests a second")
    _plain(right, grid="x")
    for place, name in enumerate(names):
        one = figures[name]
        right.plot([one["p50_ms"], one["p99_ms"]], [place, place], color=LINES, lw=5, zorder=1)
        right.plot([one["p50_ms"]], [place], "o", color=WAFA, label="p50" if place == 0 else None)
        right.plot([one["p99_ms"]], [place], "o", color=WARM, label="p99" if place == 0 else None)
    right.set_yticks(range(len(names)), [""] * len(names))
    right.set_ylim(left.get_ylim())
    right.set_xlim(left=0)
    _legend(right)
    _title(right, "Time of a request, ms")
    return figure


def _bars(axes: Axes, figures: dict[str, float], colours: list[str]) -> None:
    """Draw a bar for each figure, with its number."""
    _plain(axes, grid="x")
    bars = axes.barh(range(len(figures)), list(figures.values()), color=colours, height=0.66, zorder=2)
    axes.bar_label(bars, fmt="{:,.0f}", padding=4, color=INK, size=9)
    axes.set_yticks(range(len(figures)), list(figures), color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, max(figures.values()) * 1.14)
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))


def _sheet(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.5, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    _plain(axes)
    return figure, axes


def _plain(axes: Axes, *, grid: str = "y") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(LINES)
    axes.grid(visible=False)
    axes.grid(axis=grid, color=LINES, zorder=0)  # type: ignore[arg-type]
    axes.tick_params(colors=MUTED, length=0)


def _own_memory(processes: Figures, kind: str) -> dict[str, float]:
    """Return the megabytes of each process of ours."""
    return {name: held[kind] * MEGABYTES for name, held in processes.items() if name not in SERVERS}


def _over_stored(axes: Axes, looks: Sequence[tuple[int, dict[str, float]]]) -> None:
    """Draw a line for each process; one may be there from a later look on."""
    names = dict.fromkeys(name for _, look in looks for name in look)
    for colour, name in zip(COLOURS, names, strict=False):
        points = [(stored, look[name]) for stored, look in looks if name in look]
        axes.plot(*zip(*points, strict=True), marker="o", color=colour, label=name)
    axes.set_xlabel("stored interactions", color=MUTED)
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, labelcolor=INK, ncols=2, fontsize=9)


def _legend(axes: Axes) -> None:
    axes.legend(frameon=False, labelcolor=INK, fontsize=9)


def _title(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", size=11.5, weight="bold", color=INK, pad=10)


def _thousands(number: float, _: object = None) -> str:
    return f"{number:,.0f}"


#: Picture -> the measurement that it is of, and how it is drawn.
PLOTS: dict[str, tuple[str, Callable[[Figures], Figure]]] = {
    "throughput": ("throughput", throughput),
    "memory": ("throughput", memory),
    "latency": ("latency", latency),
    "replicas": ("replicas", replicas),
    "growth": ("growth", growth),
    "growth_memory": ("growth", growth_memory),
    "front": ("front", front),
}

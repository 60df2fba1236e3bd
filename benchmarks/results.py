"""Figures as JSON: of each measurement its figures, the machine that they were taken on, the seconds it took.

{"latency": {"machine": {...}, "took_seconds": 143, "figures": {...}}, ...}
"""

import json
from pathlib import Path
from typing import Any

Results = dict[str, dict[str, Any]]


def load(path: Path) -> Results:
    """Return what is in a file; nothing where there is none."""
    try:
        found: Results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def save(results: Results, path: Path) -> None:
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def entry(figures: Any, machine: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return what is kept of one measurement."""
    return {"machine": machine, "took_seconds": round(seconds), "figures": figures}

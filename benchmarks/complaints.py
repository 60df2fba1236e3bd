"""What the services' logs complain of."""

import json
from collections import Counter
from pathlib import Path


def complaints(logs: Path, service: str) -> Counter[str]:
    """Return how often a service logged each warning or error."""
    found: Counter[str] = Counter()
    for line in (logs / f"{service}.log").read_text("utf-8", "replace").splitlines():
        entry = _entry(line)
        if entry.get("level") not in ("info", "debug"):
            found[f"{service}: {entry.get('event', line)}"] += 1
    return found


def _entry(line: str) -> dict[str, str]:
    """Return a line of JSON; what is none is an error by itself, such as a traceback at start."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}

"""A profile in the format of speedscope -> shares of its time, by part of the program and by function."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = "/site-packages/"
STANDARD = "standard library"
MOST = 15
#: On top of the stack: nothing to do, or, on a machine that is full, something to do and no core for it.
WAITING = {("do_poll", "epolls.py"), ("select", "selectors.py"), ("wait", "threading.py")}
#: Anywhere on the stack: the process is starting.
STARTING = {"_find_and_load", "monkey_patch"}


@dataclass(frozen=True, slots=True)
class Frame:
    """A function on a stack."""

    name: str
    file: str

    @property
    def part(self) -> str:
        """The library that it belongs to, or the package of ours: `pymongo`, `services/loyalty`."""
        _, installed, inside = self.file.partition(PACKAGES)
        if installed:
            return inside.partition("/")[0].removesuffix(".py")
        if self.file.startswith(f"{ROOT}/"):
            return "/".join(Path(self.file).relative_to(ROOT).parts[:2])
        return STANDARD

    @property
    def waits(self) -> bool:
        """Whether a process with this on top waits."""
        return (self.name.rpartition(".")[2], Path(self.file).name) in WAITING

    @property
    def label(self) -> str:
        """Its name with that of its file, short enough for a table."""
        _, installed, inside = self.file.partition(PACKAGES)
        ours = self.file.removeprefix(f"{ROOT}/")
        place = inside if installed else ours if ours != self.file else Path(self.file).name
        return f"{self.name} ({place})"


def summary(paths: Iterable[Path]) -> dict[str, Any]:
    """Return the number of samples of a process at work, and shares of them: `parts`, `functions`.

    What it did to start, and waiting, is left out.

    Several profiles are of processes that do the same. A moment counts for the function on top of the stack;
    of parts, what the standard library does counts for whoever called it.
    """
    stacks = [stack for path in paths for stack in _stacks(path) if _works(stack)]
    parts = Counter(map(_whose, stacks))
    functions = Counter(stack[-1].label for stack in stacks)
    return {
        "samples": len(stacks),
        "parts": _shares(parts, len(stacks)),
        "functions": _shares(functions, len(stacks)),
    }


def words(profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return summaries as text."""
    lines = []
    for name, found in profiles.items():
        lines.append(f"{name}: {found['samples']:,} samples of a process at work")
        for kind in ("parts", "functions"):
            lines.append(f"  {kind}")
            lines += [f"    {share:6.1%}  {what}" for what, share in found[kind].items()]
        lines.append("")
    return "\n".join(lines)


def _stacks(path: Path) -> Iterator[list[Frame]]:
    """Yield each stack that was seen, the function on top last; several threads may be seen at once."""
    profile = json.loads(path.read_text(encoding="utf-8"))
    frames = [Frame(one["name"], one.get("file") or "") for one in profile["shared"]["frames"]]
    for thread in profile["profiles"]:
        for stack in filter(None, thread["samples"]):
            yield [frames[place] for place in stack]


def _works(stack: Sequence[Frame]) -> bool:
    return not stack[-1].waits and STARTING.isdisjoint(frame.name for frame in stack)


def _whose(stack: Sequence[Frame]) -> str:
    parts = (frame.part for frame in reversed(stack))
    return next((part for part in parts if part != STANDARD), STANDARD)


def _shares(counted: Counter[str], samples: int) -> dict[str, float]:
    return {what: round(number / samples, 4) for what, number in counted.most_common(MOST)}

"""The ways to do the same work that are compared."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.crew import HEAD, Crew
from benchmarks.ground import Room
from benchmarks.hands import ROOT, Hand, Hands

TAKING = ("interactions", "loyalty", "notifications")


def rehearse() -> None:
    """Raise `CalledProcessError` now rather than after a long run if a script does not even load."""
    for module in ("benchmarks.stock", "benchmarks.aio", "benchmarks.floor"):
        subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def stock(room: Room) -> Crew:
    """Return stock nameko, where the process that takes the purchases also keeps the customers."""
    return Hands(room, {name: Hand("benchmarks.stock", (name,), f"wafa.{name}") for name in TAKING})


def stock_by_rpc(room: Room) -> Crew:
    """Return stock nameko, where customers are a service of their own, asked for each event."""
    hands = {name: Hand("benchmarks.stock", (name,), f"wafa.{name}") for name in TAKING}
    hands[HEAD] = Hand("benchmarks.stock", (HEAD, "--rpc"), "wafa.interactions")
    hands["customers"] = Hand("benchmarks.stock", ("customers",), "rpc-customers")
    return Hands(room, hands)


def aio(room: Room) -> Crew:
    """Return aio-pika, where the process that takes the purchases also keeps the customers."""
    return Hands(room, {name: Hand("benchmarks.aio", (name,), f"wafa.{name}") for name in TAKING})


def floor(shapes: Path) -> Callable[[Room], Crew]:
    """Return what makes the floor, with documents and events of these shapes."""

    def make(room: Room) -> Crew:
        hands = {name: Hand("benchmarks.floor", (name, str(shapes)), f"wafa.{name}") for name in TAKING}
        hands["customers"] = Hand("benchmarks.floor", ("customers", str(shapes)), "floor.resolve")
        return Hands(room, hands)

    return make

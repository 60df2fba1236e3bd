"""A variant made of scripts of this package, each a process."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import amqp

from benchmarks.crew import HEAD
from benchmarks.finish import WrongOutcome, wait_for
from benchmarks.ground import Room
from wafa.stack.process import Process

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Hand:
    """One process: `python -m <module> <arguments>`, ready when `queue` is consumed."""

    module: str
    arguments: tuple[str, ...]
    queue: str


class Hands:
    """A variant made of scripts of this package."""

    def __init__(self, room: Room, hands: Mapping[str, Hand]) -> None:
        self._room = room
        self._hands = hands
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        """Start all but the head."""
        try:
            for name in self._hands:
                if name != HEAD:
                    self._start(name)
            with self._room.connect() as connection:
                channel = connection.channel()
                for name in self._processes:
                    self._await_consumer(channel, name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill everything: what these scripts leave undone is nobody's loss."""
        for process in self._processes.values():
            process.kill()

    def start_head(self) -> None:
        """Start the process that takes the purchases."""
        self._start(HEAD)

    def pids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {name: process.identity.pid for name, process in self._processes.items()}

    def check(self) -> None:
        """Raise if a process has died."""
        for process in self._processes.values():
            if not process.alive:
                raise WrongOutcome(process.last_words())

    def _start(self, name: str) -> None:
        hand = self._hands[name]
        command = [sys.executable, "-m", hand.module, *hand.arguments]
        environment = {**os.environ, **self._room.environment()}
        self._processes[name] = Process(name, command, environment, ROOT, self._room.folder / f"{name}.log")

    def _await_consumer(self, channel: amqp.Channel, name: str) -> None:
        def ready() -> bool:
            self.check()
            try:
                return channel.queue_declare(self._hands[name].queue, passive=True).consumer_count > 0
            except amqp.exceptions.NotFound:
                channel.open()
                return False

        wait_for(f"{name} to start", ready, lambda: None)

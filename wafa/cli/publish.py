"""`wafa publish`: events from a file or standard input."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import IO

import click
import msgspec

from wafa.cli.output import notes, progress
from wafa.cli.system import publisher
from wafa.contracts.envelope import Event
from wafa.contracts.validation import check
from wafa.runtime.clock import now

CHUNK = 1000


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--unchecked", is_flag=True, help="Publish invalid events too; they end in quarantine.")
def publish(file: IO[bytes], unchecked: bool) -> None:
    """Publish CloudEvents from FILE (or standard input): one JSON object a line, or one JSON array.

    Exit code 0: every event is confirmed by the broker. 1: some were invalid; they are named with line, field
    and reason, and all others are published.

    \b
    Examples:
      wafa publish events.jsonl
      tail -f till.log | wafa publish
    """
    invalid = 0
    broker = publisher()
    events = _valid(read_events(file), unchecked)
    with progress() as bar:
        task = bar.add_task("published", total=None)
        while chunk := list(islice(events, CHUNK)):
            good = [event for event in chunk if event is not None]
            invalid += len(chunk) - len(good)
            broker.publish(good)
            bar.advance(task, len(good))
    broker.close()
    if invalid:
        notes().print(f"{invalid} invalid, not published", style="red")
    sys.exit(1 if invalid else 0)


def read_events(file: IO[bytes]) -> Iterator[tuple[int, Event | msgspec.DecodeError]]:
    """Yield (line number, event or what is wrong with the line)."""
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            content = msgspec.json.decode(line if not line.lstrip().startswith(b"[") else line + file.read())
        except msgspec.DecodeError as error:
            yield number, error
            continue
        for event in content if isinstance(content, list) else [content]:
            yield number, event


def _valid(
    lines: Iterator[tuple[int, Event | msgspec.DecodeError]], unchecked: bool
) -> Iterator[Event | None]:
    """Yield events to publish, and None for one that was named as invalid."""
    moment = now()
    for number, event in lines:
        if isinstance(event, msgspec.DecodeError):
            notes().print(f"line {number}: not JSON: {event}", style="red")
            yield None
        elif not unchecked and (problem := check(event, moment)):
            where = f" at {problem.path}" if problem.path else ""
            notes().print(f"line {number}: {problem.reason}{where}: {problem.message}", style="red")
            yield None
        else:
            yield event

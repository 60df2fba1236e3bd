"""`wafa publish`: events from a file or standard input."""

import sys
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from typing import Any

import click

from wafa.cli.faults import CommandFault
from wafa.cli.output import progress
from wafa.cli.reading import Read, read_as_it_comes
from wafa.cli.system import publisher
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, encode
from wafa.contracts.validation import check
from wafa.runtime.clock import now
from wafa.runtime.errors import PublishFailed
from wafa.runtime.publisher import Message, pack

CHUNK = 1000
# A routing key that no queue is bound for: the alternate exchange takes the message to quarantine.
NO_TYPE = "unknown"
LONGEST_ROUTING_KEY = 255


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--unchecked", is_flag=True, help="Publish invalid events too; they end in quarantine.")
def publish(file: BufferedIOBase, unchecked: bool) -> None:
    """Publish CloudEvents from FILE (or standard input): one JSON object a line, or one JSON array.

    What comes through a pipe is published as it comes. Exit code 0: every event is confirmed by the
    broker. 1: some were invalid; they are named with line, field and reason, and all others are published.
    Also 1: the broker refused some, because a queue is full, or went away. It says how many it had confirmed;
    publishing all of them again later is harmless.

    \b
    Examples:
      wafa publish events.jsonl
      tail -f till.log | wafa publish
    """
    invalid = confirmed = 0
    broker = publisher()
    with progress() as bar:
        task = bar.add_task("published", total=None)
        for chunk in _chunks(read_as_it_comes(file)):
            good = []
            for read, problem in _checked(chunk, unchecked):
                if problem is None:
                    good.append(read)
                else:
                    invalid += 1
                    bar.console.print(f"{read.place}: {problem}", style="red")
            if good:
                try:
                    broker.send([*messages(good)])
                except PublishFailed as error:
                    raise CommandFault(
                        f"{error}; {confirmed} events confirmed before, of the next {len(good)} perhaps some"
                    ) from error
            confirmed += len(good)
            bar.advance(task, len(good))
    broker.close()
    if invalid:
        click.secho(f"{invalid} invalid, not published", fg="red", err=True)
    sys.exit(1 if invalid else 0)


def messages(chunk: Iterable[Read]) -> Iterator[Message]:
    """Yield what to send: events packed by their type, and whatever has no type as it stood there."""
    events = []
    for read in chunk:
        if read.broken is not None:
            yield Message(EXCHANGE, NO_TYPE, read.broken, STRUCTURED)
        elif not _has_routing_key(read.content):
            yield Message(EXCHANGE, NO_TYPE, encode(read.content), STRUCTURED)
        else:
            events.append(read.content)
    yield from pack(events)


def _chunks(lists: Iterable[list[Read]]) -> Iterator[list[Read]]:
    for one in lists:
        for start in range(0, len(one), CHUNK):
            yield one[start : start + CHUNK]


def _checked(chunk: Iterable[Read], unchecked: bool) -> Iterator[tuple[Read, str | None]]:
    """Yield everything with what is wrong with it, in words."""
    moment = now()
    for read in chunk:
        if unchecked:
            yield read, None
        elif read.broken is not None:
            yield read, f"not JSON: {read.content}"
        elif problem := check(read.content, moment):
            where = f" at {problem.path}" if problem.path else ""
            yield read, f"{problem.reason}{where}: {problem.message}"
        else:
            yield read, None


def _has_routing_key(event: Any) -> bool:
    kind = event.get("type") if isinstance(event, dict) else None
    return isinstance(kind, str) and 0 < len(kind.encode()) <= LONGEST_ROUTING_KEY

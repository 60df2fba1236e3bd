"""What `wafa backup` and `wafa restore` share: where everything is, and a bar for each collection."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import TaskID

from wafa.cli.faults import CommandFault
from wafa.cli.output import progress
from wafa.runtime.backup.checking import Report
from wafa.runtime.backup.databases import Databases, open_databases
from wafa.runtime.backup.manifest import Manifest
from wafa.runtime.backup.queues import Queues, open_queues
from wafa.runtime.settings import load_settings
from wafa.stack import default_folder, running


@contextmanager
def the_system() -> Iterator[tuple[Databases, Queues | None]]:
    """Yield databases and queues: those of the environment (or its files), else of the stack that runs here.

    Where only `MONGODB_URI` is set, there is no broker to ask.
    """
    settings = load_settings()
    mongodb_uri = settings.mongodb_uri if _is_set("MONGODB_URI") else ""
    amqp_uri = settings.amqp_uri if _is_set("AMQP_URI") else ""
    if not mongodb_uri:
        stack = running()
        if not stack:
            raise CommandFault(
                f"No system runs in {default_folder()}: set MONGODB_URI to its database server, with a user"
                " who may read all five databases (for a restore: write), and AMQP_URI to its broker."
            )
        mongodb_uri, amqp_uri = stack.mongodb_uri, stack.amqp_uri
    with (
        open_databases(mongodb_uri, settings.database_prefix) as databases,
        open_queues(amqp_uri) as queues,
    ):
        yield databases, queues


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


@contextmanager
def reported() -> Iterator[Report]:
    """Yield what is to be told of the documents of each collection; shown as bars."""
    with progress() as bars:
        tasks: dict[str, TaskID] = {}

        def report(label: str, total: int, more: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label)
            if more == 0:
                bars.reset(tasks[label], total=total)
            bars.update(tasks[label], total=total, advance=more)

        yield report


def in_json(manifest: Manifest) -> dict[str, Any]:
    """Return what is to be known of a backup."""
    return {
        "started": manifest.started.isoformat(),
        "ended": manifest.ended.isoformat(),
        "wafa": manifest.wafa,
        "documents": manifest.documents,
        "bytes": manifest.size,
        "waiting": manifest.waiting,
        "collections": {f"{one.service}.{one.collection}": one.documents for one in manifest.copies},
    }


def in_words(manifest: Manifest) -> str:
    """Return the same in a line for people."""
    seconds = (manifest.ended - manifest.started).total_seconds()
    return (
        f"{manifest.documents:,} documents of {len(manifest.copies)} collections,"
        f" {manifest.size / 2**20:,.1f} MiB, as of {manifest.started:%F %T} UTC, in {seconds:,.0f} s"
    )

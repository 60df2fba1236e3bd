"""`wafa restore`: what a backup holds is put in the place of what is there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from wafa.cli.backup import FOLDER
from wafa.cli.keeping import in_json, in_words, reported, the_system
from wafa.cli.output import as_json, notes, print_json
from wafa.runtime.backup.checking import verify as verify_backup
from wafa.runtime.backup.forgotten import NOTHING, Forgotten, of_path
from wafa.runtime.backup.restoring import Restored
from wafa.runtime.backup.restoring import restore as restore_backup


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--force", is_flag=True, help="Delete what is in the databases.")
@click.option(
    "--erased", metavar="PATH",
    help="Who was erased since: a later backup, or a file of `wafa customers changes --json`; or: none.",
)  # fmt: skip
@click.option("--verify", is_flag=True, help="Only read the backup to its end; change nothing.")
@as_json
def restore(folder: Path, force: bool, erased: str | None, verify: bool, as_json: bool) -> None:
    """Put the backup in FOLDER in the place of what is in the databases. Stop all services first.

    The whole backup is read first, and refused if anything in it is damaged. Whoever was erased since it was
    made is erased again when customers runs. Nobody is contacted before `wafa reconcile` is through. Messages
    in the queues of loyalty, notifications and gateway are dropped; those in the others stay.

    \b
    Examples:
      wafa restore backups/2026-11-22 --verify
      wafa restore backups/2026-11-22 --force                          the databases are there: they know
      wafa restore backups/2026-11-21 --erased backups/2026-11-22      they are lost
    """
    if verify:
        with reported() as report:
            found = verify_backup(folder, report)
        _tell(in_json(found) if as_json else f"{folder}: whole; {in_words(found)}")
        return
    with the_system() as (databases, queues), reported() as report:
        done = restore_backup(databases, queues, folder, _reader(erased), report, force=force)
    _tell(_result(done) if as_json else _words(folder, done, bool(queues)))


def _reader(erased: str | None) -> Callable[[], Forgotten] | None:
    if erased is None:
        return None
    return Forgotten if erased == NOTHING else partial(of_path, Path(erased))


def _result(done: Restored) -> dict[str, object]:
    return {**in_json(done.manifest), "erased_again": done.erased_again, "messages_dropped": done.dropped}


def _words(folder: Path, done: Restored, asked: bool) -> str:
    queues = (
        f"{done.dropped:,} messages that were overtaken are dropped."
        if asked
        else "AMQP_URI is not set: purge the queues of loyalty, notifications and gateway yourself."
    )
    return (
        f"{folder}: restored; {in_words(done.manifest)}\n{queues}\n"
        f"{done.erased_again:,} erasures since then are made again when customers runs.\n"
        f"Now start the services, have publishers send again what they sent since"
        f" {done.manifest.started:%Y-%m-%d %H:%M:%S} UTC (some minutes earlier is safe), then: wafa reconcile"
    )


def _tell(what: object) -> None:
    if isinstance(what, str):
        notes().print(what)
    else:
        print_json(what)

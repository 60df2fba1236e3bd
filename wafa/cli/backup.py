"""`wafa backup`: all databases as files, while the services run."""

from pathlib import Path

import click

from wafa.cli.keeping import in_json, in_words, reported, the_system
from wafa.cli.output import as_json, notes, print_json
from wafa.runtime.backup.checking import verify as verify_backup
from wafa.runtime.backup.taking import take

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--verify", is_flag=True, help="Read it back afterwards, every byte and document.")
@click.option(
    "--patience", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS",
    help="How long to wait for queues to run empty, and for merges and erasures underway.",
)  # fmt: skip
@as_json
def backup(folder: Path, verify: bool, patience: float, as_json: bool) -> None:
    """Write the databases of all services into FOLDER, which must be new or empty. Services may run.

    Everything is in it that services had acknowledged when it began. It holds personal data, and files that
    only their owner can read. MONGODB_URI names a user who may read all five databases; where AMQP_URI is
    set, too, the backup begins when the queues are empty, and says what waits if they never are.

    \b
    Examples:
      wafa backup backups/2026-11-22 --verify
      wafa backup /mnt/backups/$(date +%F) --json
    """
    with the_system() as (databases, queues), reported() as report:
        made = take(databases, queues, folder, report, patience=patience)
    if verify:
        with reported() as report:
            verify_backup(folder, report)
    if as_json:
        print_json({**in_json(made), "verified": verify})
        return
    notes().print(f"{folder}: {in_words(made)}{', read back and whole' if verify else ''}")
    for queue, number in (made.waiting or {}).items():
        notes().print(f"not in it: {number:,} messages that waited in {queue} when it began")

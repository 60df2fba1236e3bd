"""Runs one process of the floor until it is killed."""

import sys
from pathlib import Path

import bson

from benchmarks.floor import customers, interactions, loyalty, notifications
from wafa.runtime.settings import load_settings

RUNS = {
    "customers": customers.run,
    "interactions": interactions.run,
    "loyalty": loyalty.run,
    "notifications": notifications.run,
}


def main() -> None:
    """Run the process that the command line names, with the shapes in the file that it names."""
    if not sys.argv[1:]:
        print(*RUNS, sep="\n")
        return
    name, shapes = sys.argv[1:]
    options = bson.CodecOptions(tz_aware=True)
    RUNS[name](load_settings(), bson.decode(Path(shapes).read_bytes(), options))


if __name__ == "__main__":
    main()

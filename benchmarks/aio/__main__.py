"""Runs one process until it is killed."""

import asyncio
import sys

from benchmarks.aio import interactions, loyalty, notifications
from wafa.runtime.settings import load_settings

RUNS = {
    "interactions": interactions.run,
    "loyalty": loyalty.run,
    "notifications": notifications.run,
}


def main() -> None:
    """Run the process that the command line names; without one, say which there are."""
    if not sys.argv[1:]:
        print(*RUNS, sep="\n")
        return
    asyncio.run(RUNS[sys.argv[1]](load_settings()))


if __name__ == "__main__":
    main()

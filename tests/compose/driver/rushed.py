"""Purchases as fast as they can be published, and how long it takes until the last one is in the ledger.

`rushed.py NAME EVENTS` prints {"events": n, "seconds": s}, counted from the first one that is published.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from fed import asked, feed, say

from wafa.cli.history import purchases, read_history
from wafa.runtime.client import Client

PATIENCE = 300.0


def main(name: str, number: int) -> int:
    lines = read_history(Path("examples/data/cdnow.csv"))[:number]
    events = list(purchases(lines, name=name, currency="USD", until=datetime.now(UTC).date()))
    wanted = asked(in_ledger) + len(events)
    began = time.monotonic()
    feed(events, per_second=float("inf"))
    while (there := asked(in_ledger)) < wanted and time.monotonic() < began + PATIENCE:
        time.sleep(0.1)
    say(events=len(events), seconds=time.monotonic() - began)
    return int(there != wanted)


def in_ledger(services: Client) -> int:
    return int(services.call("loyalty", "summary")["purchases"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))

"""`wafa demo` against containers: prints each figure as the file has it and as Wafa has it, in JSON."""

import json
import os
import sys
import urllib.request
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from wafa.cli.history import read_history
from wafa.demo.expected import work_out
from wafa.demo.following import win_back
from wafa.demo.observed import customer_ids, observe
from wafa.demo.reconcile import reconcile, reconcile_broadcast
from wafa.demo.run import BROADCAST, NAME, Demo
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM


def main(until: date) -> int:
    history = read_history(Path("examples/data/cdnow.csv"))
    publisher = Publisher(os.environ["PUBLISHER_URI"], name="demo shop")
    with Client(os.environ["ADMIN_URI"]) as services:
        demo = Demo(history, until, publisher, services)
        expected = work_out(demo.moments, DEFAULT_PROGRAM, until, demo.launch_at.date())
        play(demo, expected.repeat_by_launch, len(expected.repeat))
        ids = customer_ids(services, demo.customers, NAME, datetime.now(UTC).isoformat())
        report = services.call("notifications", "campaign_report", BROADCAST)
        lines = [
            *reconcile(expected, observe(services, ids), demo.published, mails_caught()),
            *reconcile_broadcast(win_back(demo.moments, ids, demo.launch_at), report),
        ]
    for line in lines:
        print(json.dumps(asdict(line)), flush=True)
    return 0 if all(line.agrees for line in lines) else 1


def play(demo: Demo, thanked_by_launch: int, thanked: int) -> None:
    before, after = demo.purchases()
    demo.introduce(unheard, unheard)
    demo.publish(before, unheard)
    demo.follow(len(before), unheard)
    demo.follow_mail("recognition", thanked_by_launch, unheard)
    demo.launch(unheard)
    demo.resolve()
    demo.publish(after, unheard)
    demo.follow(len(before) + len(after), unheard)
    demo.follow_mail("recognition", thanked, unheard)
    demo.settle()


def mails_caught() -> int:
    with urllib.request.urlopen(f"{os.environ['MAIL_URL']}/api/v1/messages?limit=1", timeout=10) as answer:
        return int(json.load(answer)["total"])


def unheard(*numbers: int) -> None:
    """Nobody watches a progress bar here."""


if __name__ == "__main__":
    sys.exit(main(date.fromisoformat(sys.argv[1])))

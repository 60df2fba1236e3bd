"""A shop whose purchases come in whatever breaks, and who compares in the end.

`fed.py NAME CUSTOMERS PER_SECOND [EXPECTED]` prints one JSON object a line: {"published": n} as it goes
along, what all figures are to be in the end, as {"expected": {...}}, and at last what differs, as
{"differs": {...}}. Exit code 1 when anything does. With EXPECTED, those figures count: what comes again adds
nothing.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import amqp

from wafa.cli.history import Line, purchases, read_history
from wafa.contracts.envelope import Event
from wafa.demo.observed import all_members, customer_ids
from wafa.runtime.client import Client
from wafa.runtime.errors import RemoteFailed, Transient
from wafa.runtime.publisher import Publisher

CHUNK = 100
PATIENCE = 180.0
AWAY = (Transient, RemoteFailed, OSError, amqp.exceptions.AMQPError)

Totals = dict[str, Decimal]


def main(name: str, customers: int, per_second: float, known: Totals | None = None) -> int:
    history = read_history(Path("examples/data/cdnow.csv"))
    chosen = set(list(dict.fromkeys(line.customer for line in history))[:customers])
    lines = [line for line in history if line.customer in chosen]
    before = asked(totals)
    feed(list(purchases(lines, name=name, currency="USD", until=datetime.now(UTC).date())), per_second)
    expected = known or {
        "interactions": before["interactions"] + len(lines),
        "purchases": before["purchases"] + len(lines),
        "spend": before["spend"] + sum(line.amount for line in lines),
        "rejected": before["rejected"],
    }
    say(expected={what: str(figure) for what, figure in expected.items()})
    differs = settled(lambda services: differences(services, expected, lines, name))
    say(differs=differs)
    return 1 if differs else 0


def feed(events: list[Event], per_second: float) -> None:
    publisher = Publisher(os.environ["PUBLISHER_URI"], name="test shop", confirm_timeout=5)
    began = time.monotonic()
    for start in range(0, len(events), CHUNK):
        chunk = events[start : start + CHUNK]
        patiently(lambda chunk=chunk: publisher.publish(chunk))
        say(published=start + len(chunk))
        time.sleep(max(0.0, began + (start + len(chunk)) / per_second - time.monotonic()))


def patiently(act: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except AWAY as error:
            if time.monotonic() > deadline:
                raise
            say(waits=str(error))
            time.sleep(0.5)


def asked(question: Callable[[Client], Any]) -> Any:
    def ask() -> Any:
        with Client(os.environ["ADMIN_URI"], timeout=10) as services:
            return question(services)

    return patiently(ask)


def settled(differences: Callable[[Client], dict[str, str]]) -> dict[str, str]:
    """Ask until nothing differs, or for as long as there is patience."""
    deadline = time.monotonic() + PATIENCE
    while (found := asked(differences)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def totals(services: Client) -> Totals:
    summary = services.call("loyalty", "summary")
    records = services.call("interactions", "totals")
    return {
        "interactions": sum(one["records"] for one in records if one["type"] == "purchase.completed.v1"),
        "purchases": summary["purchases"],
        "spend": Decimal(summary["spend"]["amount"]) if summary["spend"] else Decimal(),
        "rejected": sum(services.call("interactions", "rejected")["open"].values()),
    }


def differences(services: Client, expected: Totals, lines: list[Line], name: str) -> dict[str, str]:
    found = totals(services)
    differ = {
        what: f"{found[what]}, not {figure}" for what, figure in expected.items() if found[what] != figure
    }
    return differ or members_that_differ(services, lines, name)


def members_that_differ(services: Client, lines: list[Line], name: str) -> dict[str, str]:
    number, spend = Counter[str](), defaultdict[str, Decimal](Decimal)
    for line in lines:
        number[line.customer] += 1
        spend[line.customer] += line.amount
    ids = customer_ids(services, list(number), name, datetime.now(UTC).isoformat())
    known = {one["customer_id"]: one for one in all_members(services)}
    differ: dict[str, str] = {}
    for customer, customer_id in ids.items():
        member = known.get(customer_id) or {"purchase_count": 0, "spend": {"amount": "0"}}
        seen = member["purchase_count"], Decimal(member["spend"]["amount"])
        if seen != (number[customer], spend[customer]):
            differ[customer] = f"{seen}, not {(number[customer], spend[customer])}"
    return differ


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    known = {what: Decimal(figure) for text in sys.argv[4:] for what, figure in json.loads(text).items()}
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), known))

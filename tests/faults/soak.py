"""The random killer for as long as you like: `python -m tests.faults.soak --minutes 10 --seed 7`.

With `--driver` it is eventlet and PyMongo that are put to the test, and nothing else: see `driver`.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import amqp
from pymongo import MongoClient
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.loyalty.program_file import load_program
from tests.faults.feed import CUSTOMERS, Feed, follow_ups, make_feed
from tests.faults.killer import Killer, Shop, Tell
from tests.faults.wired import Wired, wired
from tests.unit.loyalty.by_the_book import Figures
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, Event, decode, derive_id
from wafa.contracts.times import format_time
from wafa.demo.observed import customer_ids
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM
from wafa.runtime.topology import QUEUES

BYSTANDER = "test.bystander"
HEARD = ("interaction.recorded.v1", "customer.*.v1", "loyalty.#", "outreach.#", "event.rejected.v1")
#: Seconds in which everything must have settled when the last fault is over.
RECOVERY = 600
#: Mails that are handed over and not yet settled when their sender dies: one slice of the outbox.
IN_FLIGHT = 16
#: Where effects are marked that no redelivery would bring about.
UNSETTLED = (
    ("customers", "customers", "unpublished"),
    ("loyalty", "members", "unsettled_since"),
    ("notifications", "outreach", "announce_by"),
)
#: Services whose effects can be pending.
PENDING = ("customers", "loyalty", "notifications")
#: Seconds after the recovery in which nothing is pending any longer.
SETTLED = 30
COUNTED_EVERY = 6

Figure = tuple[str, Any, Any]


@dataclass
class Outcome:
    """What was done, and each figure as it should be and as it is."""

    faults: Counter[str] = field(default_factory=Counter)
    figures: list[Figure] = field(default_factory=list)
    seconds_to_recover: float = 0
    mails_twice: int = 0

    @property
    def deaths(self) -> int:
        """How often a sender died, or a mail server's answer was cut off."""
        return sum(times for fault, times in self.faults.items() if fault.endswith(("notifications", "smtp")))

    @property
    def wrong(self) -> list[Figure]:
        """The figures that differ."""
        return [one for one in self.figures if one[1] != one[2]]


def run(
    system: Wired, *, seed: int, seconds: float, customers: int = CUSTOMERS, tell: Tell = lambda what: None
) -> Outcome:
    """Publish a feed while the killer is at work, for at least so many seconds; then compare."""
    feed = make_feed(seed, now(), customers=customers)
    listen(system)
    introduce(system, feed)
    shop = Shop(_through(system), feed.history, seconds * 0.9)
    ends = time.monotonic() + seconds
    with Killer(system, seed, tell=tell) as killer:
        shop.start()
        while time.monotonic() < ends or shop.is_alive() or not killer.rounds:
            killer.check()
            tell(f"share {shop.share:.3f}")
            time.sleep(0.5)
    recovered_at = time.monotonic()
    outcome = Outcome(killer.done)
    empty(system)
    eventually(lambda: ledger_rows(system) >= sum(map(len, feed.facts.values())), within=RECOVERY)
    outcome.seconds_to_recover = time.monotonic() - recovered_at
    outreach_settles(system)
    eventually(lambda: not pending(system), within=SETTLED)
    assert pending_ages(system) == dict.fromkeys(PENDING, 0)
    compare(system, feed, outcome)
    return outcome


def listen(system: Wired) -> None:
    """Let a queue of our own hear what Wafa publishes."""
    with connect(system.amqp_uri, name="bystander") as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": "quorum"}
        channel.queue_declare(BYSTANDER, durable=True, auto_delete=False, arguments=arguments)
        for pattern in HEARD:
            channel.queue_bind(BYSTANDER, EXCHANGE, pattern)


def introduce(system: Wired, feed: Feed) -> None:
    """Tell who the customers are, and wait until whoever objects or complains is known to."""
    publisher = Publisher(system.amqp_uri, name="soak registry")
    publisher.publish(feed.introductions)
    publisher.close()
    told = {event["data"]["customer"]["external_ids"][0]["id"] for event in feed.introductions}
    with MongoClient(system.mongodb_uri) as mongo:
        audience = mongo["wafa_notifications"]["audience"]
        eventually(lambda: audience.count_documents({}) == len(told), within=60)
    empty(system)


def empty(system: Wired) -> None:
    """Wait until no queue of Wafa holds anything, in hand or not."""
    deadline = time.monotonic() + RECOVERY
    empty_since = None
    # What is in hand the broker counts only every five seconds.
    while empty_since is None or time.monotonic() - empty_since < COUNTED_EVERY:
        if left := waiting(system) or in_queues(system):
            empty_since = None
        else:
            empty_since = empty_since or time.monotonic()
        assert time.monotonic() < deadline, f"still in queues after {RECOVERY} seconds: {left}"
        time.sleep(0.2)


def waiting(system: Wired) -> dict[str, int]:
    """Return the queues of Wafa that hold messages which nobody has in hand, as of now."""
    with connect(system.amqp_uri, name="bystander") as connection:
        channel = connection.channel()
        counts = {name: channel.queue_declare(name, passive=True).message_count for name in QUEUES}
    return {name: count for name, count in counts.items() if count}


def in_queues(system: Wired) -> dict[str, int]:
    """Return the queues of Wafa that hold messages, in hand or not, as of some seconds ago."""
    listed = system.servers.rabbitmqctl("list_queues", "name", "messages", "--no-table-headers")
    rows = (line.split() for line in listed.splitlines())
    return {name: int(messages) for name, messages in rows if name.startswith("wafa.") and int(messages)}


def ledger_rows(system: Wired) -> int:
    """Return how many facts are in the ledger."""
    with MongoClient(system.mongodb_uri) as mongo:
        return mongo["wafa_loyalty"]["ledger"].count_documents({})


def pending(system: Wired) -> dict[str, int]:
    """Return how many documents hold effects that nobody has brought about yet, however young."""
    with MongoClient(system.mongodb_uri) as mongo:
        counts = {
            name: mongo[f"wafa_{service}"][collection].count_documents({name: {"$exists": True}})
            for service, collection, name in UNSETTLED
        }
    return {name: count for name, count in counts.items() if count}


def pending_ages(system: Wired) -> dict[str, float]:
    """Return the age of what each service has still pending, in seconds, as it says itself."""
    ages: dict[str, float] = {}
    for service in PENDING:
        for url in system.system.http_urls(service):
            with urlopen(f"{url}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith("wafa_pending_age_seconds"):
                        ages[service] = ages.get(service, 0) + float(line.rpartition(" ")[2])
    return ages


def outreach_settles(system: Wired) -> None:
    """Wait until every message is sent or dropped, and announced; claims of dead senders lapse meanwhile."""
    with MongoClient(system.mongodb_uri) as mongo:
        rows = mongo["wafa_notifications"]["outreach"]
        unsettled = [{"state": {"$in": ["planned", "claimed"]}}, {"announce_by": {"$exists": True}}]
        eventually(lambda: rows.count_documents({"$or": unsettled}) == 0, within=60)


def compare(system: Wired, feed: Feed, outcome: Outcome) -> None:
    """Fill in every figure as the feed has it, and as Wafa has it."""
    moment = now()
    program = load_program(DEFAULT_PROGRAM)
    members = feed.members(program, moment)
    recognized = {who for who, one in members.items() if one.recognized_at}
    with MongoClient(system.mongodb_uri, tz_aware=True) as mongo, Client(system.amqp_uri) as services:
        people = mongo["wafa_customers"]["customers"].count_documents({})
        ids = customer_ids(services, sorted(feed.customers), "soak", format_time(moment))
        say = outcome.figures.append
        say(("customers", len(feed.customers), people))
        outcome.figures += _interactions(mongo, feed)
        outcome.figures += _loyalty(mongo, feed, members, ids)
        outcome.figures += _outreach(system, mongo, feed, recognized, outcome)
        outcome.figures += _heard(system, mongo, feed, ids, recognized, members)
        say(("quarantine", {}, services.call("interactions", "rejected")["open"]))
    say(("queues", {}, in_queues(system)))
    say(("members that differ from their ledger", [], _rebuilt(system)))


def _interactions(mongo: Any, feed: Feed) -> list[Figure]:
    interactions = mongo["wafa_interactions"]["interactions"]
    stored = {one["_id"]: one for one in interactions.find({}, {"type": 1, "money": 1})}
    money: Counter[str] = Counter()
    for one in stored.values():
        if "money" in one:
            money[one["type"]] += one["money"]["minor"]
    cases = Counter(one["status"] for one in mongo["wafa_interactions"]["cases"].find({}, {"status": 1}))
    return [
        ("interactions lost", 0, len(feed.recorded.keys() - stored.keys())),
        ("interactions of nothing", 0, len(stored.keys() - feed.recorded.keys())),
        ("interactions by type", feed.by_type, Counter(one["type"] for one in stored.values())),
        ("money by type, in cents", feed.money, dict(money)),
        ("complaints", feed.cases, cases),
    ]


def _loyalty(mongo: Any, feed: Feed, members: dict[str, Figures], ids: dict[str, str]) -> list[Figure]:
    ledger = {one["_id"] for one in mongo["wafa_loyalty"]["ledger"].find({}, {"_id": 1})}
    facts = {fact.key for of_one in feed.facts.values() for fact in of_one}
    stored = {one["_id"]: one for one in mongo["wafa_loyalty"]["members"].find()}
    seen = {who: _shown(stored[ids[who]]["snapshot"]) for who in members if ids[who] in stored}
    expected = {who: _by_the_book(one) for who, one in members.items()}
    different = {who: (one, seen.get(who)) for who, one in expected.items() if one != seen.get(who)}
    spend = sum(one["spend"] for one in stored.values())
    return [
        ("ledger rows lost", 0, len(facts - ledger)),
        ("ledger rows of nothing", 0, len(ledger - facts)),
        ("members", len(members), len(stored)),
        ("members whose figures differ", {}, different),
        ("spend, in cents", sum(one.spend for one in members.values()), spend),
    ]


def _by_the_book(one: Figures) -> dict[str, Any]:
    return {
        "tier": one.tier,
        "spend": f"{one.spend / 100:.2f}",
        "qualifying_spend": f"{one.qualifying_spend / 100:.2f}",
        "points": one.points,
        "purchase_count": one.purchase_count,
        "recognized_at": one.recognized_at and format_time(one.recognized_at),
        "due_at": one.due_at and format_time(one.due_at),
    }


def _shown(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {
        "tier": snapshot["tier"],
        "spend": snapshot["spend"]["amount"],
        "qualifying_spend": snapshot["qualifying_spend"]["amount"],
        "points": snapshot["points"],
        "purchase_count": snapshot["purchase_count"],
        "recognized_at": snapshot.get("recognized_at"),
        "due_at": snapshot.get("due_at"),
    }


def _outreach(system: Wired, mongo: Any, feed: Feed, recognized: set[str], outcome: Outcome) -> list[Figure]:
    rows = list(mongo["wafa_notifications"]["outreach"].find())
    mails = Counter(map(_recipient, system.mail_folder.glob("*.eml")))
    wanted = feed.mailed(recognized)
    outcome.mails_twice = mails.total() - len(mails)
    return [
        ("messages decided upon", len(recognized), len(rows)),
        ("  sent, by Wafa's own books", len(wanted), sum(one["state"] == "sent" for one in rows)),
        ("  not sent, for a reason", feed.withheld(recognized), _reasons(rows)),
        ("mails that nobody got", set(), wanted - mails.keys()),
        ("mails to the wrong people", set(), mails.keys() - wanted),
        ("more mails twice than were in flight", False, outcome.mails_twice > IN_FLIGHT * outcome.deaths),
    ]


def _reasons(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["reason"] for one in rows if one["state"] == "dropped")


def _recipient(mail: Path) -> str:
    with mail.open("rb") as file:
        return str(BytesHeaderParser().parse(file)["X-RcptTo"])


def _heard(
    system: Wired,
    mongo: Any,
    feed: Feed,
    ids: dict[str, str],
    recognized: set[str],
    members: dict[str, Figures],
) -> list[Figure]:
    # Before it is listened: time goes on, and makes members wake whose next version is not heard of yet.
    people = mongo["wafa_customers"]["customers"].find({"version": {"$gt": 1}})
    stored = mongo["wafa_loyalty"]["members"].find()
    latest = {
        "customer.updated.v1": {derive_id(one["_id"], f"v{one['version']}") for one in people},
        "loyalty.member_updated.v1": {derive_id(one["_id"], f"member {one['version']}") for one in stored},
        "outreach.sent.v1": _announced(mongo, "sent", "sent"),
        "outreach.suppressed.v1": _announced(mongo, "dropped", "suppressed"),
    }
    heard: dict[str, dict[str, Event]] = {}
    for event in overheard(system):
        heard.setdefault(event["type"], {})[event["id"]] = event
    figures: list[Figure] = []
    for kind, expected in follow_ups(feed, ids, recognized).items():
        seen = heard.get(kind, {}).keys()
        figures.append((f"{kind} never heard", 0, len(expected - seen)))
        figures.append((f"{kind} of nothing", 0, len(seen - expected)))
    for kind, expected in latest.items():
        figures.append(
            (f"{kind}, the last of each, never heard", 0, len(expected - heard.get(kind, {}).keys()))
        )
    risen = {
        (one["data"]["customer_id"], one["data"]["to"]) for one in heard["loyalty.tier_changed.v1"].values()
    }
    silent = {
        who for who, one in members.items() if one.tier != "member" and (ids[who], one.tier) not in risen
    }
    figures.append(("tiers that nobody was told of", set(), silent))
    figures.append(("events rejected", 0, len(heard.get("event.rejected.v1", {}))))
    return figures


def _announced(mongo: Any, state: str, step: str) -> set[str]:
    rows = mongo["wafa_notifications"]["outreach"].find({"state": state}, {"_id": 1})
    return {derive_id(one["_id"], step) for one in rows}


def overheard(system: Wired) -> list[Event]:
    """Return everything that our own queue has heard."""
    events: list[Event] = []
    with connect(system.amqp_uri, name="bystander") as connection:
        channel = connection.channel()
        channel.auto_decode = False

        def take(message: amqp.Message) -> None:
            content = decode(bytes(message.body), message.properties["content_type"], max_bytes=1 << 24)
            events.extend(content)

        channel.basic_consume(BYSTANDER, no_ack=True, callback=take)
        while True:
            try:
                connection.drain_events(timeout=2)
            except TimeoutError:
                return events


def _rebuilt(system: Wired) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-m", "wafa.cli", "rebuild", "loyalty", "--verify", "--json"],
        env={**os.environ, "AMQP_URI": system.amqp_uri},
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["different"] if done.stdout else [done.stderr]
    assert bool(done.returncode) == bool(found), done.stderr
    return list(found)


def _through(system: Wired) -> str:
    return system.system.amqp_uri


def report(outcome: Outcome, console: Console) -> None:
    """Print what was done, and every figure."""
    faults = Table("fault", "times")
    for name, times in sorted(outcome.faults.items()):
        faults.add_row(name, str(times))
    figures = Table("figure", "should be", "is", "")
    for name, expected, found in outcome.figures:
        right = expected == found
        short = [str(one)[:60] for one in (expected, found)]
        figures.add_row(name, *short, "ok" if right else "WRONG", style="" if right else "red")
    console.print(faults, figures)
    console.print(
        f"recovered in {outcome.seconds_to_recover:.0f} s; {outcome.mails_twice} mails went out twice"
    )


def soak(minutes: float, seed: int, console: Console) -> int:
    """Run the random killer for so long; return the exit code."""
    feed_size = max(CUSTOMERS, int(minutes * 60 * 12))
    # Kept when something goes wrong: the logs tell what.
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    console.print(f"logs in {folder / 'system' / 'logs'}")
    with wired(folder) as system, Progress(console=console) as bar:
        task = bar.add_task("published", total=1.0)

        def tell(what: str) -> None:
            if what.startswith("share "):
                bar.update(task, completed=float(what.split()[1]))
            else:
                bar.console.print(what, style="dim")

        outcome = run(system, seed=seed, seconds=minutes * 60, customers=feed_size, tell=tell)
    report(outcome, console)
    if outcome.wrong:
        return 1
    shutil.rmtree(folder)
    return 0


def main() -> int:
    """Parse the arguments and run what they ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--driver", action="store_true", help="eventlet and PyMongo only")
    arguments = parser.parse_args()
    console = Console()
    console.print(f"seed {arguments.seed}")
    if arguments.driver:
        from tests.faults.driver import soak as soak_the_driver

        return soak_the_driver(arguments.minutes, arguments.seed, console)
    return soak(arguments.minutes, arguments.seed, console)


if __name__ == "__main__":
    raise SystemExit(main())

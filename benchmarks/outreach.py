"""Outreach: how fast it decides, how fast mails leave the house, how long a preview of many takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import median
from typing import Any

from rich.progress import Progress

from benchmarks import handover
from benchmarks.audience import entries, fill
from benchmarks.finish import WrongOutcome, wait_for
from benchmarks.ground import Room
from benchmarks.mailsink import Sink, sink
from benchmarks.meter import CpuMeter, memory
from services.notifications.domain.campaign import Broadcast, Campaign, Message, Purpose
from services.notifications.domain.cap import Cap
from services.notifications.domain.decision import decide
from services.notifications.domain.evidence import case_of
from services.notifications.domain.segment import parse
from services.notifications.planning.journeys import enrol
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.stack import Stack

Figures = dict[str, Any]
SENDERS = 2
DECISIONS = 20_000
PREVIEWS = 5
RULE = {"field": "last_purchase_at", "op": "lt", "value": {"days_ago": 60}}
FILE = """
campaign: bench
title: {en: Bench, ar: قياس}
purpose: marketing
audience: {field: points, op: ge, value: 0}
start: {broadcast: now}
holdout: 5%
quiet_hours: none
steps:
  - message: {id: hello, template: win_back, channels: [email]}
"""


def measure(room: Room, mails: int, people: int, bar: Progress) -> Figures:
    """Return the figures: `mails` are sent to whom they may, `people` are in the audience of the preview."""
    decided = _decisions(now())
    with sink() as post:
        handed_over = handover.measure(post, mails, now())
    with sink() as post, _senders(room, post) as stack:
        sent = _mails(room, stack, post, mails, bar)
        previewed = _preview(room, stack, mails, people, bar)
    return {"decisions": decided, "handover": handed_over, "mails": sent, "preview": previewed}


def _decisions(moment: datetime) -> Figures:
    """Decide, with everything that a decision looks at gathered anew, as the sender does."""
    steps = (Message("hello", "win_back", ("email",)),)
    audience = parse(RULE)
    campaign = Campaign("bench", 1, Purpose.MARKETING, Broadcast(), steps, audience=audience, holdout=500)
    caps = (Cap(2, campaign.keep_trying), Cap(4, campaign.window))
    crowd = list(entries(range(DECISIONS), moment))
    rows = [enrol(campaign, one.customer_id, "once", moment, cause="", correlation="") for one in crowd]
    began = time.process_time()
    for row, entry in zip(rows, crowd, strict=True):
        address = next(iter(entry.profile.emails if entry.profile else ()), None)
        addresses = {"email": address}
        case = case_of(
            row, campaign, entry, channels=["email"], addresses=addresses, others=(), caps=caps, now=moment
        )
        decide(case)
    return {"decisions_per_second": round(DECISIONS / (time.process_time() - began))}


def _mails(room: Room, stack: Stack, post: Sink, people: int, bar: Progress) -> Figures:
    """Launch a broadcast, and measure from the first mail to the last."""
    fill(room.database("notifications"), people, now())
    expected = people - len({*range(0, people, 50)} | {*range(0, people, 4)})
    task = bar.add_task("mails", total=expected)
    pids = {one.name: one.pid for one in stack.identities()}
    with Client(room.amqp_uri) as services:
        _answered(services.call("notifications", "campaign_draft", FILE, {}))
        cpu = CpuMeter(pids)
        _answered(services.call("notifications", "campaign_launch", "bench"))

        def settled() -> int:
            bar.update(task, completed=post.mails)
            counts = services.call("notifications", "counts", "bench")
            return sum(counts["states"].get(state, 0) for state in ("sent", "dropped", "failed"))

        wait_for("the first mail", lambda: post.mails > 0, lambda: None)
        began, first = time.monotonic(), post.mails
        wait_for("everybody to be settled", lambda: settled() == people, lambda: post.mails)
        took = time.monotonic() - began
        report = services.call("notifications", "campaign_report", "bench")["messages"]
    if report["sent"] != post.mails or report["sent"] + report["held_out"] != expected:
        raise WrongOutcome(f"{post.mails} mails in the sink, in the books {report}")
    spent = cpu.seconds()
    return {
        "mails": post.mails,
        "senders": SENDERS,
        "mails_per_second": round((post.mails - first) / took),
        "cpu_ms_per_mail": {name: round(1000 * seconds / post.mails, 3) for name, seconds in spent.items()},
        "memory_mib": memory(pids),
    }


def _preview(room: Room, stack: Stack, there: int, people: int, bar: Progress) -> Figures:
    """Ask for a preview of everybody, several times."""
    task = bar.add_task("audience", total=people)
    database = room.database("notifications")
    database["audience"].delete_many({})
    fill(database, people, now())
    bar.update(task, completed=people)
    pids = {one.name: one.pid for one in stack.identities()}
    before, seconds = memory(pids), []
    with Client(room.amqp_uri, timeout=120) as services:
        _answered(services.call("notifications", "campaign_draft", FILE.replace("bench", "bench-2"), {}))
        for _ in range(PREVIEWS):
            began = time.monotonic()
            found = services.call("notifications", "campaign_preview", "bench-2", None)
            seconds.append(time.monotonic() - began)
    if found["people"] != people:
        raise WrongOutcome(f"the preview is of {found}")
    return {
        "people": people,
        "seconds": round(median(seconds), 2),
        "memory_mib_before": before,
        "memory_mib": memory(pids),
    }


@contextmanager
def _senders(room: Room, post: Sink) -> Iterator[Stack]:
    stack = Stack(
        room.folder / "senders",
        services=["notifications"],
        replicas={"notifications": SENDERS},
        amqp_uri=room.amqp_uri,
        mongodb_uri=room.mongodb_uri,
        environment={"WAFA_DATABASE_PREFIX": room.prefix, "WAFA_SMTP_URL": post.url},
    )
    with stack:
        yield stack


def _answered(answer: dict[str, Any]) -> None:
    if "campaign" not in answer:
        raise WrongOutcome(f"the campaign is refused: {answer}")

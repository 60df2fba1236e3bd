"""A process dies at any step between receiving a batch and its ack: nothing is lost, nothing counts twice.

The steps are not listed here. A run without a crash finds them, and then the process dies at each of them
once, in the first batch and in the last; so the matrix grows with the code. What comes of it is compared with
the run without a crash: every document of every service, every event on the bus, every mail.
"""

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from queue import SimpleQueue
from typing import Any

import pytest

from services.gateway.domain.subscription import Flow, Secret, Subscription
from tests.faults import batches
from tests.faults.bus import message_of
from tests.faults.lane import LATER, SIZE, Course, Databases, Lane, differences
from tests.faults.plan import Step
from tests.faults.table import CRASH_POINTS, Row
from tests.waiting import eventually
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.envelope import decode
from wafa.runtime.clock import now
from wafa.runtime.publisher import Message
from wafa.runtime.topology import QUARANTINE

pytestmark = [pytest.mark.timeout(1200), pytest.mark.long(minutes=10)]

#: Customers who are planned at a time: three pages of them.
PAGE = 3
#: After so many that failed, the rest of a course would say nothing new.
ENOUGH = 3


@dataclass(frozen=True)
class Consumer:
    """A course by name; `prepare` makes the course, from databases that it may fill before."""

    name: str
    prepare: Callable[[Lane], Course]
    batches: Sequence[int] = (1, batches.BATCHES)


def known_people(lane: Lane) -> Databases:
    """Return databases in which the people of the batches are customers already."""
    came = batches.singly(batches.registrations(batches.PEOPLE))
    lane.go_through(Course("customers", "wafa.customers", "wafa.customers", came))
    return lane.dump()


def customers(lane: Lane) -> Course:
    return Course(
        "customers",
        "wafa.customers",
        "wafa.customers",
        batches.singly(batches.statements()),
        base=known_people(lane),
    )


def customers_new(lane: Lane) -> Course:
    return Course("customers", "wafa.customers", "wafa.customers", batches.singly(batches.newcomers()))


def customers_asked(lane: Lane) -> Course:
    return Course(
        "customers",
        "rpc resolve",
        "wafa.interactions",
        batches.singly(batches.first_purchases()),
        partner="interactions",
    )


def interactions(lane: Lane) -> Course:
    return Course(
        "interactions",
        "wafa.interactions",
        "wafa.interactions",
        batches.singly(batches.happenings()),
        partner="customers",
        base=known_people(lane),
    )


def quarantine(lane: Lane) -> Course:
    return Course(
        "interactions", QUARANTINE, QUARANTINE, batches.refusals(), size=batches.QUARANTINED_AT_ONCE
    )


def loyalty(lane: Lane) -> Course:
    return Course("loyalty", "wafa.loyalty", "wafa.loyalty", batches.singly(batches.purchases()))


def loyalty_packed(lane: Lane) -> Course:
    """One message with more events than are taken at a time."""
    return Course("loyalty", "wafa.loyalty", "wafa.loyalty", [message_of(*batches.purchases()[SIZE:])])


def loyalty_waking(lane: Lane) -> Course:
    """Nobody has bought anything: it is time that makes the next purchase due."""
    bought = Course("loyalty", "wafa.loyalty", "wafa.loyalty", batches.singly(batches.overdue_purchases()))
    return Course("loyalty", "wake", "wafa.loyalty", [], base=lane.base_of(bought), ahead=LATER)


def notifications(lane: Lane) -> Course:
    return Course("notifications", "wafa.notifications", "wafa.notifications", batches.singly(batches.news()))


def notifications_packed(lane: Lane) -> Course:
    packed = [
        message_of(*(event for event in batches.news() if event["type"] == kind))
        for kind in ("customer.created.v1", "loyalty.member_updated.v1", "customer.recognized.v1")
    ]
    return Course("notifications", "wafa.notifications", "wafa.notifications", packed)


def outbox(lane: Lane) -> Course:
    """The messages are planned; sending them is what the process dies of."""
    planned = lane.base_of(notifications(lane))
    return Course("notifications", "send", "wafa.notifications", [], base=planned)


def launched(lane: Lane, content: dict[str, Any], messages: Sequence[Message]) -> Databases:
    """Return databases in which this campaign alone runs and these events have been taken in."""
    lane.prepare({})
    office = lane.office()
    for answer in (
        office.finish("recognition", now()),
        office.draft(content, {}, now()),
        office.launch(content["campaign"], now()),
    ):
        assert "mistakes" not in answer, answer
    heard = Course("notifications", "wafa.notifications", "wafa.notifications", messages, base=lane.dump())
    return lane.base_of(heard)


def planner(lane: Lane) -> Course:
    """The audience is there and a broadcast is launched; planning it is what the process dies of."""
    people = batches.singly(batches.members(batches.PEOPLE))
    base = launched(lane, batches.BROADCAST, people)
    return Course("notifications", "plan", "wafa.notifications", [], base=base, page=PAGE)


def journeys(lane: Lane) -> Course:
    """A journey has begun with a customer: a mail, points, a branch and another mail, all at once."""
    base = launched(lane, batches.JOURNEY, batches.singly(batches.news()[:3]))
    return Course("notifications", "send", "wafa.notifications", [], base=base)


def gateway(lane: Lane) -> Course:
    """Somebody has subscribed to everything, and for now does not want it delivered."""
    lane.prepare({"gateway": {}})
    secret = (Secret("whsec_" + "c2VjcmV0" * 4),)
    covers = frozenset(OUTBOUND)
    paused = Subscription(
        "shop", "https://shop.example/", ("*",), covers, secret, now(), "key", state=Flow.PAUSED
    )
    lane.store("gateway").add_webhook(paused)
    told = batches.singly(batches.told_outside())
    return Course("gateway", "wafa.gateway", "wafa.gateway", told, base=lane.dump())


CONSUMERS = [
    Consumer("customers", customers),
    Consumer("customers-newcomers", customers_new, (1,)),
    Consumer("customers-asked", customers_asked, (1,)),
    Consumer("interactions", interactions),
    Consumer("quarantine", quarantine),
    Consumer("loyalty", loyalty),
    Consumer("loyalty-packed", loyalty_packed, (1,)),
    Consumer("loyalty-waking", loyalty_waking, (1,)),
    Consumer("notifications", notifications),
    Consumer("notifications-packed", notifications_packed, (1,)),
    Consumer("outbox", outbox, (1,)),
    Consumer("planner", planner, (1,)),
    Consumer("journeys", journeys, (1,)),
    Consumer("gateway", gateway, (2, 3)),
]


@pytest.mark.parametrize(
    ("consumer", "batch"),
    [pytest.param(one, batch, id=f"{one.name}-batch-{batch}") for one in CONSUMERS for batch in one.batches],
)
def test_killed_at_any_step_nothing_is_lost_and_nothing_counts_twice(
    consumer: Consumer, batch: int, lanes: Sequence[Lane], record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    course = consumer.prepare(lanes[0])
    with lanes[0].beside(course) as partners:
        survivor, expected = lanes[0].go_through(course, partners=partners)
    steps = [step for step in survivor.report.steps() if step.batch == batch]
    assert steps, "there are as many batches as are meant"
    assert not expected.pending
    todo: SimpleQueue[Step] = SimpleQueue()
    for step in steps:
        todo.put(step)
    rows: list[Row] = []

    def work(lane: Lane) -> None:
        with lane.beside(course) as partners:
            while not todo.empty() and sum(bool(row.found) for row in rows) < ENOUGH:
                step = todo.get()
                dead, found = lane.go_through(course, partners=partners, batch=step.batch, point=step.point)
                died_at = dead.report.steps()[-1]
                again = sum(found.mails.values()) - sum(expected.mails.values())
                rows.append(
                    Row(
                        consumer.name,
                        step.batch,
                        step.point,
                        died_at.label,
                        differences(expected, found),
                        again,
                    )
                )

    with ThreadPoolExecutor(len(lanes)) as threads:
        for done in [threads.submit(work, lane) for lane in lanes]:
            done.result()
    rows.sort(key=lambda row: row.point)
    record_property(CRASH_POINTS, ([asdict(row) for row in rows], time.monotonic() - began))
    bad = [
        f"killed in batch {row.batch} at {row.point} ({row.step}): {row.found}" for row in rows if row.found
    ]
    assert not bad, "\n".join(bad)


def test_a_worker_that_was_overtaken_while_it_stood_still_overwrites_nobody(lanes: Sequence[Lane]) -> None:
    """It is frozen at each step in turn, while another one brings the same member forward."""
    [first, *others] = [
        message_of(batches.recorded("regular", "purchase.completed.v1", f"bought {n}", 9 - n))
        for n in range(5)
    ]
    [lane] = lanes[:1]
    base = lane.base_of(Course("loyalty", "wafa.loyalty", "wafa.loyalty", [first], size=1))
    course = Course("loyalty", "wafa.loyalty", "wafa.loyalty", others, base=base, size=1)
    survivor, expected = lane.go_through(course)
    for step in (step for step in survivor.report.steps() if step.batch == 1):
        assert overtaken(lane, course, step) == set(expected.documents), f"frozen at {step}"
        [member] = lane.collection("loyalty", "members").find()
        assert (member["snapshot"]["purchase_count"], member["spend"]) == (5, 5 * 4000), f"frozen at {step}"


def overtaken(lane: Lane, course: Course, step: Step) -> set[str]:
    """Freeze a worker at a step until another one has done the rest; return what is there in the end."""
    lane.clear()
    lane.prepare(course.base)
    lane.bus.send(course.messages)
    slow = lane.start(
        course.service, size=1, target=course.target, batch=1, point=step.point, signal=signal.SIGSTOP
    )
    eventually(slow.frozen)
    quick = lane.start(course.service, size=1)
    # The slow one holds what it has in hand and the message after that.
    rest = lane.resting([quick], [course.queue])
    eventually(lambda: quick.report.acked() and rest())
    slow.signal(signal.SIGCONT)
    eventually(lane.resting([slow, quick], [course.queue]))
    lane.clear()
    return set(lane.outcome(course).documents)


def test_what_a_full_queue_refuses_is_published_until_it_is_taken(lane: Lane) -> None:
    bought = batches.recorded("regular", "purchase.completed.v1", "bought", 5)
    lane.clear()
    lane.prepare({})
    with lane.bus.full("loyalty.member_updated.v1") as queue:
        lane.bus.send([message_of(bought)])
        child = lane.start("loyalty", target="wafa.loyalty")
        labels = lambda: [step.label for step in child.report.steps()]  # noqa: E731
        eventually(lambda: child.report.rests() or labels().count("before sending") > 1)
        assert lane.bus.take(queue).body == b"in the way"
        eventually(lambda: child.report.count("acked"))
        told = lane.bus.take(queue)
        assert told is not None, "acknowledged, but not told"
        [event] = decode(told.body, told.properties["content_type"])
        assert event["data"]["customer_id"] == "regular"
    lane.clear()

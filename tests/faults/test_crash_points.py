"""A process dies at any step between receiving a batch and its ack: nothing is lost, nothing counts twice.

The steps are not listed here. A run without a crash finds them, and then the process dies at each of them
once, in the first batch and in the last; so the matrix grows with the code. What comes of it is compared with
the run without a crash: every document of every service, every event on the bus, every mail.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import pytest

from tests.faults import batches
from tests.faults.bus import message_of
from tests.faults.lane import LATER, SIZE, Course, Databases, Lane, differences
from tests.faults.plan import Step
from tests.faults.table import TABLE, Row
from wafa.runtime.topology import QUARANTINE

pytestmark = pytest.mark.timeout(240)

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
    return Course("interactions", QUARANTINE, QUARANTINE, batches.refusals())


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
]


@pytest.fixture(scope="module", autouse=True)
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    TABLE.write(tmp_path_factory.mktemp("crash points") / "matrix.txt")


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
def test_killed_at_any_step_nothing_is_lost_and_nothing_counts_twice(
    consumer: Consumer, lanes: Sequence[Lane]
) -> None:
    began = time.monotonic()
    course = consumer.prepare(lanes[0])
    with lanes[0].beside(course) as partners:
        survivor, expected = lanes[0].go_through(course, partners=partners)
    steps = [step for step in survivor.report.steps() if step.batch in consumer.batches]
    assert {step.batch for step in steps} == {*consumer.batches}, (
        "the feed makes as many batches as are meant"
    )
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
    TABLE.rows += sorted(rows, key=lambda row: (row.batch, row.point))
    TABLE.seconds[consumer.name] = time.monotonic() - began
    bad = [
        f"killed in batch {row.batch} at {row.point} ({row.step}): {row.found}" for row in rows if row.found
    ]
    assert not bad, "\n".join(bad)

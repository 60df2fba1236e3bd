"""Runs a service that dies at a step of our choosing: `python -m tests.faults.crashing SERVICE`.

The steps are where a process meets the world: it has received a batch; before and after each command to
MongoDB, each call, each mail; before the first message of a publication goes out, after each one, after the
last confirm; before and after the ack. They are found by patching, in this process and before the service
starts, so that production code knows nothing of it. What happens at which step is in the environment
(`plan.Plan`).

`python -m tests.faults.crashing --nursery` has imported everything once, and forks a process for each line
of standard input (`{"service", "environment", "log"}`); it answers with the process's number.
"""

# Before anything else: what has taken an unpatched socket or lock stays with it.
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import ctypes  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from datetime import datetime, timedelta, tzinfo  # noqa: E402
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

from wafa.runtime import policy  # noqa: E402

if quick := os.environ.get("WAFA_TEST_DELAYS"):
    # Before the topology is imported, whose queues have the delays in their names.
    policy.DELAYS = tuple(map(int, quick.split()))
    policy.AWAY = policy.DELAYS[0]

import amqp  # noqa: E402
from pymongo import monitoring  # noqa: E402

from tests.faults.plan import Plan  # noqa: E402
from tests.faults.rendering import fork_sandboxes  # noqa: E402
from wafa.services import WORKERS  # noqa: E402

PR_SET_PDEATHSIG = 1
#: Seconds between the ticks of a timer, whatever production has; and of one that is to rest.
TICK, NEVER = 0.1, 86_400.0
#: Seconds for which a planner works in one go, and a sender whose steps are counted.
AT_A_STRETCH = 60
#: What nobody can die of: it says nothing and changes nothing.
SILENT = {"ping", "endSessions", "hello"}


class Steps:
    """Counts the steps of a batch, writes them down, and ends the process at the one that was chosen."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._report = os.open(plan.report, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._batch = self._point = 0
        self._counting = False

    def note(self, kind: str, rest: str = "") -> None:
        os.write(self._report, f"{time.time()} {kind} {rest}\n".encode())

    def begin(self) -> None:
        self._batch += 1
        self._point = 0
        self._counting = True
        self.reach("received")

    def reach(self, label: str) -> None:
        if not self._counting:
            return
        self._point += 1
        self.note("step", f"{self._batch} {self._point} {label}")
        if (self._batch, self._point) == (self._plan.batch, self._plan.point):
            os.kill(os.getpid(), self._plan.signal)

    def end(self) -> None:
        self._counting = False


def watch_batches(steps: Steps, target: str) -> None:
    from wafa.runtime.consumer import BatchConsumer, Delivery

    construct, run, ack = BatchConsumer.__init__, BatchConsumer.run, amqp.Channel.basic_ack
    arrive = BatchConsumer._on_message
    acked: dict[amqp.Channel, int] = {}

    def __init__(
        self: BatchConsumer, connect: Any, queue: str, take: Any, *, declare: Any, **options: Any
    ) -> None:
        def declared(channel: amqp.Channel) -> None:
            declare(channel)
            steps.note("consuming", queue)

        def taken(deliveries: Sequence[Delivery], tries: int) -> None:
            if tries == 1:
                steps.note("taken", queue)
                if queue == target:
                    steps.begin()
            take(deliveries, tries)
            steps.note("handled", queue)

        steps.note("consumer", queue)
        construct(self, connect, queue, taken, declare=declared, **options)

    def _on_message(self: BatchConsumer, message: amqp.Message) -> None:
        steps.note("arrived", self.queue)
        arrive(self, message)

    def run_or_rest(self: BatchConsumer) -> None:
        if target in ("", self.queue):
            run(self)
        else:
            steps.note("consuming", self.queue)

    def basic_ack(self: amqp.Channel, delivery_tag: int, multiple: bool = False, **options: Any) -> None:
        if multiple:
            steps.reach("before ack")
        ack(self, delivery_tag, multiple, **options)
        if multiple:
            steps.reach("after ack")
            steps.end()
            # Tags count the deliveries of a channel.
            steps.note("acked", str(delivery_tag - acked.get(self, 0)))
            acked[self] = delivery_tag

    BatchConsumer.__init__, BatchConsumer.run = __init__, run_or_rest  # type: ignore[method-assign,assignment]
    BatchConsumer._on_message = _on_message  # type: ignore[method-assign]
    amqp.Channel.basic_ack = basic_ack


def watch_timers(steps: Steps, target: str) -> None:
    from wafa.runtime.timing import Every, Unceasing

    start, tick, end = Every.start, Every.handle_timer_tick, Every.handle_result
    keep_on = Unceasing.start

    def quick_start(self: Every) -> None:
        runs = target in ("", self.method_name)
        self.interval = TICK if runs else NEVER
        if runs:
            steps.note("timer", self.method_name)
        start(self)

    def handle_timer_tick(self: Every) -> None:
        if self.method_name == target:
            steps.begin()
        tick(self)

    def handle_result(self: Every, *args: Any) -> Any:
        if self.method_name == target:
            steps.reach("done")
            steps.end()
        steps.note("tick", self.method_name)
        return end(self, *args)

    def start_or_rest(self: Unceasing) -> None:
        if target in ("", self.method_name):
            keep_on(self)

    Every.start, Every.handle_timer_tick, Every.handle_result = quick_start, handle_timer_tick, handle_result
    Unceasing.start = start_or_rest  # type: ignore[method-assign]


def watch_calls(steps: Steps, service: str, target: str) -> None:
    from wafa.runtime.rpc import RemoteService, Requests

    method_of, answer = RemoteService.__getattr__, Requests.handle_result

    def __getattr__(self: RemoteService, method: str) -> Any:
        call = method_of(self, method)

        def watched(*args: Any, **kwargs: Any) -> Any:
            steps.reach(f"before call {method}")
            result = call(*args, **kwargs)
            steps.reach(f"after call {method}")
            return result

        return watched

    def handle_result(self: Requests, *args: Any) -> Any:
        steps.reach("before answer")
        result = answer(self, *args)
        steps.reach("after answer")
        steps.end()
        return result

    RemoteService.__getattr__ = __getattr__  # type: ignore[method-assign]
    if target.startswith("rpc "):
        handlers, name = importlib.import_module(f"services.{service}.handlers"), target[4:]
        handle = getattr(handlers, name)

        def received(*args: Any) -> Any:
            steps.begin()
            return handle(*args)

        setattr(handlers, name, received)
        Requests.handle_result = handle_result  # type: ignore[method-assign]


def watch_publications(steps: Steps) -> None:
    from wafa.runtime.publisher import Message, Publisher

    publish, send_all = amqp.Channel.basic_publish, Publisher.send
    sent, last = 1, 0

    def basic_publish(self: amqp.Channel, message: amqp.Message, *args: Any, **options: Any) -> Any:
        publish(self, message, *args, **options)
        nonlocal sent
        sent += 1
        # Between the first and the last it is the same as after the first.
        if sent in (1, last):
            steps.reach(f"unconfirmed {options['routing_key'] or options['exchange']}")

    def send(self: Publisher, messages: Sequence[Message]) -> None:
        nonlocal sent, last
        steps.reach("before sending")
        sent, last = 0, len(messages)
        try:
            send_all(self, messages)
        finally:
            sent, last = 1, 0
        steps.reach("after the confirms")

    amqp.Channel.basic_publish = basic_publish
    Publisher.send = send  # type: ignore[method-assign]


def watch_mail(steps: Steps) -> None:
    from services.notifications.channels.smtp import Mailer

    hand_over = Mailer.send

    def send(self: Mailer, mail: Any) -> Any:
        steps.reach("before mail")
        outcome = hand_over(self, mail)
        steps.reach("after mail")
        return outcome

    Mailer.send = send  # type: ignore[method-assign]


class Commands(monitoring.CommandListener):
    """Makes the two ends of each command to MongoDB steps."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._names: dict[int, str] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name not in SILENT:
            self._names[event.request_id] = f"{event.command_name} {event.command[event.command_name]}"
            self._steps.reach(f"before {self._names[event.request_id]}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._ended(event.request_id)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._ended(event.request_id)

    def _ended(self, request_id: int) -> None:
        if name := self._names.pop(request_id, None):
            self._steps.reach(f"after {name}")


def turn_clock(ahead: float) -> None:
    from wafa.runtime import clock

    class Fast(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=ahead)

    clock.datetime = Fast  # type: ignore[attr-defined]


def set_pace(plan: Plan, steps: Steps) -> None:
    from services.notifications import service
    from services.notifications.campaigns import book
    from services.notifications.planning import planner
    from services.notifications.sending import sender

    class Planner(planner.Planner):
        def plan_due(self, seconds: float = AT_A_STRETCH) -> int:
            if planned := super().plan_due(seconds):
                # There is work for the sender: whoever waits for rest waits for that as well.
                steps.note("planned", str(planned))
            return planned

    class Outbox(sender.Outbox):
        def send_due(self, *seconds: float) -> int:
            # A slow machine is not to end a batch before its time.
            if handled := super().send_due(*((AT_A_STRETCH,) if plan.alone else seconds)):
                # What follows from that may be due at once.
                steps.note("sent", str(handled))
            return handled

    lease = {"lease": timedelta(seconds=plan.lease)} if plan.lease else {}
    page = {"page": plan.page} if plan.page else {}
    alone = {"connections": 1} if plan.alone else {}
    service.Planner = partial(Planner, **lease, **page)  # type: ignore[misc,assignment]
    service.Means = partial(sender.Means, **lease, **alone)  # type: ignore[misc,assignment]
    service.Outbox = Outbox  # type: ignore[misc]
    if plan.alone:
        # Looks for a pause before each message, and not as time passes.
        book.NOTICED = 0


def _raise(event: Any, seen: int) -> None:
    raise ZeroDivisionError(f"a bug that {event['id']} meets")


def _kill(event: Any, seen: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _away(event: Any, seen: int) -> None:
    from wafa.runtime.errors import StoreAway

    # As long as its batch is taken whole, and at the first attempt alone.
    if seen <= 6:
        raise StoreAway("away for this one")


def _later(event: Any, seen: int) -> Any:
    from wafa.runtime.policy import RetryLater

    return RetryLater(event, "its turn has not come") if seen <= 2 else None


#: What handling an event can be made to do; `seen` counts from 1 how often this process has handled it.
POISONS: dict[str, Callable[[Any, int], Any]] = {
    "raise": _raise,
    "kill": _kill,
    "away": _away,
    "later": _later,
}


def poison(service: str, kinds: dict[str, str]) -> None:
    handlers = importlib.import_module(f"services.{service}.handlers")
    name = "record" if service == "interactions" else "take_in"
    handle = getattr(handlers, name)
    seen: Counter[str] = Counter()

    def poisoned(events: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        verdicts, healthy = [], []
        for event in events:
            text = json.dumps(event)
            kind = next((kind for word, kind in kinds.items() if word in text), None)
            seen[event["id"]] += 1
            verdict = POISONS[kind](event, seen[event["id"]]) if kind else None
            verdicts += [verdict] if verdict else []
            healthy += [] if verdict else [event]
        return [*verdicts, *(handle(healthy, *args, **kwargs) or ())]

    setattr(handlers, name, poisoned)


def run(service: str) -> None:
    """Run a service in this process, as the environment has it."""
    plan = Plan.of_this_process()
    steps = Steps(plan)
    from wafa.runtime import runner

    if plan.poison:
        poison(service, dict(plan.poison))
    watch_batches(steps, plan.target)
    watch_timers(steps, plan.target)
    watch_calls(steps, service, plan.target)
    watch_publications(steps)
    watch_mail(steps)
    monitoring.register(Commands(steps))
    if plan.ahead:
        turn_clock(plan.ahead)
    if service == "notifications":
        set_pace(plan, steps)
    runner.run(service)
    steps.note("ended")


def nurse() -> None:
    for service in WORKERS:
        importlib.import_module(f"services.{service}.service")
    importlib.import_module("wafa.runtime.runner")
    fork_sandboxes()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            _grow_up(**json.loads(line))
        print(child, flush=True)


def _grow_up(service: str, environment: dict[str, str], log: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for end, ours in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(end, ours)
    os.environ.update(environment)
    # A poll of the parent's would be shared with its other children.
    eventlet.hubs.use_hub()
    code = 1
    try:
        run(service)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:] == ["--nursery"]:
        nurse()
    else:
        run(sys.argv[1])

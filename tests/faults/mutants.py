"""The suite can fail: each rule of effect is broken on purpose, and a test must notice.

`python -m tests.faults.mutants` copies the source tree, breaks one thing in it, and runs there the part of
the suite that should catch it; and once with nothing broken, when all of it must pass. It ends with 1 when a
mutant survives, and with an error when the code that is to be broken is no longer there.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: So many at a time; they wait more than they work.
SIDE_BY_SIDE = 3
TESTS = "tests/faults/test_crash_points.py::test_"
KILLED = f"{TESTS}killed_at_any_step_nothing_is_lost_and_nothing_counts_twice"
CAMPAIGNS = "tests/integration/notifications/test_campaign_sending.py::test_"
WEBHOOKS = "tests/faults/test_webhooks.py::test_"
DELIVERIES = "tests/integration/gateway/test_webhooks_delivering.py::test_"


class Moved(Exception):
    """What is to be broken is not in the code any more, or more than once: the mutation has to follow it."""


@dataclass(frozen=True)
class Mutation:
    """One deliberate mistake: in `file`, each text is replaced by another; `tests` should notice."""

    name: str
    file: str
    changes: Sequence[tuple[str, str]]
    tests: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """What came of a run: the test that failed, if one did."""

    mutation: str
    caught_by: str | None
    seconds: float
    output: str


MUTATIONS = (
    Mutation(
        "ack before write",
        "wafa/runtime/consumer.py",
        [
            (
                "                    self._take(batch, tries)\n",
                "                    self._channel.basic_ack(batch[-1].tag, multiple=True)\n"
                "                    self._take(batch, tries)\n",
            ),
            ("            self._channel.basic_ack(batch[-1].tag, multiple=True)\n", ""),
        ],
        [f"{KILLED}[notifications-batch-1]"],
    ),
    Mutation(
        "duplicate key taken for done",
        "services/interactions/handlers.py",
        [("self.records = {key: stored[key] for key in found.again}", "self.records = {}")],
        [f"{KILLED}[interactions-batch-1]"],
    ),
    Mutation(
        "guard removed",
        "wafa/runtime/mongo.py",
        [('{"_id": document["_id"], "version": document["version"] - 1}', '{"_id": document["_id"]}')],
        [f"{TESTS}a_worker_that_was_overtaken_while_it_stood_still_overwrites_nobody"],
    ),
    Mutation(
        "confirm not awaited",
        "wafa/runtime/publisher.py",
        [("        self._wait(time.monotonic() + timeout)\n", "        self._unconfirmed.clear()\n")],
        [f"{TESTS}what_a_full_queue_refuses_is_published_until_it_is_taken"],
    ),
    Mutation(
        "pending not swept (customers)",
        "services/customers/settling.py",
        [
            (
                "    left = store.left_unpublished(sortable(now - LEFT_BEHIND), SWEPT_AT_ONCE)\n",
                "    left = []\n",
            )
        ],
        [f"{KILLED}[customers-newcomers-batch-1]"],
    ),
    Mutation(
        "pending not swept (loyalty)",
        "services/loyalty/sweeping.py",
        [("        settle_left(", "        ("), ("        settled += len(left)\n", "")],
        [f"{KILLED}[loyalty-waking-batch-1]"],
    ),
    Mutation(
        "frequency cap not looked at",
        "services/notifications/domain/evidence.py",
        [
            (
                "        room=room(mine, (one.slot for one in others if counts(one)), caps)"
                " if row.capped else None,\n",
                "        room=None,\n",
            )
        ],
        [f"{CAMPAIGNS}two_workers_who_hold_two_messages_to_one_customer_do_not_both_send_over_the_cap"],
    ),
    Mutation(
        "planner's cursor before the rows",
        "services/notifications/planning/planner.py",
        [
            ("            keep(self._store, rows, now)\n            planned +=", "            planned +="),
            (
                "            if len(entries) < self._page:\n",
                "            if len(entries) < self._page:\n                self._store.plan(rows)\n",
            ),
            (
                "            if noted is None:\n",
                "            self._store.plan(rows)\n            if noted is None:\n",
            ),
        ],
        [f"{KILLED}[planner-batch-1]"],
    ),
    Mutation(
        "delivered before it was answered",
        "services/gateway/webhooks/courier.py",
        [
            (
                "        attempt = self._postman.post(",
                '        self._store.settle(id, token, {"state": State.DELIVERED.value, "due": None})\n'
                "        attempt = self._postman.post(",
            )
        ],
        [
            f"{WEBHOOKS}a_worker_killed_in_the_middle_loses_nothing_and_repeats_only_what_was_on_its_way",
        ],
    ),
    Mutation(
        "sent whoever holds it",
        "services/gateway/store/deliveries.py",
        [('        ours = {"_id": id, "claim": token}\n', '        ours = {"_id": id}\n')],
        [f"{DELIVERIES}what_another_process_has_taken_over_is_not_sent_by_who_stood_still"],
    ),
)
UNBROKEN = Mutation("none", "", [], [test for one in MUTATIONS for test in one.tests])


def run(mutation: Mutation) -> Verdict:
    """Break a copy of the source, and let the tests look at it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        copy = Path(name).resolve()
        copy_source(copy)
        break_it(copy, mutation)
        output, red = look(copy, mutation.tests)
    failed = re.search(r"^FAILED \S*::(\S+)", output, re.MULTILINE)
    if red and not failed:
        raise RuntimeError(f"{mutation.name}: the tests could not be run\n{output}")
    return Verdict(mutation.name, failed[1] if failed else None, round(time.monotonic() - began, 1), output)


def copy_source(target: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in filter(None, names.split("\0")):
        if (ROOT / file).is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, target / file)


def break_it(copy: Path, mutation: Mutation) -> None:
    if not mutation.file:
        return
    file = copy / mutation.file
    text = file.read_text()
    look_up(mutation, text)
    # In this order, because what one brings in may be what another takes out.
    for old, new in reversed(mutation.changes):
        text = text.replace(old, new)
    file.write_text(text)


def look_up(mutation: Mutation, text: str) -> None:
    """Raise Moved unless all that is to be broken stands in the text, once."""
    for old, _ in mutation.changes:
        if text.count(old) != 1:
            raise Moved(f"{mutation.name}: {text.count(old)} times in {mutation.file}, not once:\n{old}")


def look(copy: Path, tests: Sequence[str]) -> tuple[str, bool]:
    """Run tests in a copy; return what they said, and whether one failed."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    where = [sys.executable, "-c", "import services, wafa; print(wafa.__file__)"]
    found = subprocess.run(where, cwd=copy, env=environment, check=True, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(copy), "the tests would look at the original"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=short", *tests]
    done = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.returncode == 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every mutant; print a table, or JSON; return 0 when all of them were caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--only", metavar="NAME", help="only mutations that have this in their name")
    parser.add_argument("--broken-only", action="store_true", help="the suite is known to pass: break only")
    chosen = parser.parse_args(arguments)
    candidates = MUTATIONS if chosen.broken_only else (UNBROKEN, *MUTATIONS)
    mutations = [one for one in candidates if not chosen.only or chosen.only in one.name]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        verdicts = list(threads.map(run, mutations))
    wrong = [one for one in verdicts if (one.caught_by is None) != (one.mutation == UNBROKEN.name)]
    if chosen.json:
        print(
            json.dumps(
                [{k: v for k, v in asdict(one).items() if k != "output"} for one in verdicts], indent=2
            )
        )
    else:
        for one in verdicts:
            print(f"{one.mutation:32} {one.seconds:6.1f} s  {one.caught_by or 'no test failed'}")
    for one in wrong:
        said = "the tests fail with nothing broken" if one.caught_by else "SURVIVED"
        print(f"{one.mutation}: {said}\n{one.output}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

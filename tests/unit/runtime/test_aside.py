"""What computes for seconds holds nothing up."""

import subprocess
import sys

# A process of its own, because nothing else here runs on an event loop.
PROCESS = """
import eventlet
eventlet.monkey_patch()
from wafa.runtime.aside import aside

ticks = []

def tick():
    while True:
        ticks.append(1)
        eventlet.sleep(0.001)

def count(upto):
    if not upto:
        raise ValueError("nothing to count")
    return len([None for _ in range(upto) if len(str(_)) > 0])

eventlet.spawn(tick)
assert aside(count, 2_000_000) == 2_000_000
assert len(ticks) > 10, ticks
try:
    aside(count, 0)
except ValueError as error:
    print(error)
"""


def test_the_event_loop_goes_on_while_something_is_computed() -> None:
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROCESS], capture_output=True, text=True, timeout=120
    )
    assert (process.returncode, process.stdout) == (0, "nothing to count\n"), process.stderr

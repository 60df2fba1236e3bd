"""A process that is told to stop twice at once stops once."""

import subprocess
import sys

# In a process of its own, which the runner patches.
SECOND_SIGNAL_AT_EVERY_STEP = """
import sys
from wafa.runtime import runner

def ended_with_a_second_signal_at(step):
    life = runner.Life()
    left = [step]

    def trace(frame, event, argument):
        if frame.f_code is runner.Life.end.__code__ and event == "line":
            left[0] -= 1
            if left[0] == 0:
                sys.settrace(None)
                life.end()
        return trace

    sys.settrace(trace)
    life.end()
    sys.settrace(None)
    life.wait()
    return left[0] > 0

step = 1
while not ended_with_a_second_signal_at(step):
    step += 1
print(step)
"""


def test_a_second_signal_while_the_first_is_heard_does_no_harm() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SECOND_SIGNAL_AT_EVERY_STEP], capture_output=True, text=True, timeout=120
    )

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 2

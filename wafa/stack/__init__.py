"""Everything that Wafa needs, run on one machine without Docker.

    with Stack(services=["customers"]) as stack:
        publish(stack.amqp_uri, ...)

`rabbitmq`, `mongodb`, `mail` and `services` say what each server is, `supervisor` runs them, `process`
sees to it that none outlives its parent, `folder` keeps their state, `install` brings what is missing.
`running` finds a stack that was started elsewhere; `doctor` tells what is there and what is missing.
"""

from wafa.stack.doctor import Finding, doctor
from wafa.stack.errors import StackError
from wafa.stack.folder import default_folder
from wafa.stack.running import Running, running
from wafa.stack.services import SERVICES, WORKERS
from wafa.stack.signals import signals_interrupt
from wafa.stack.stack import Stack

__all__ = [
    "SERVICES",
    "WORKERS",
    "Finding",
    "Running",
    "Stack",
    "StackError",
    "default_folder",
    "doctor",
    "running",
    "signals_interrupt",
]

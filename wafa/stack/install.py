"""Finds the RabbitMQ server, and installs it from the distribution's packages where that is allowed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wafa.stack.errors import StackError

PACKAGED = Path("/usr/lib/rabbitmq/bin")
POLICY = Path("/usr/sbin/policy-rc.d")
APT = ("apt-get", "--quiet", "--quiet", "-o", "DPkg::Lock::Timeout=300")
ADVICE = (
    "Install RabbitMQ 3.8 or later (Debian, Ubuntu: sudo apt-get install rabbitmq-server; "
    "macOS: brew install rabbitmq), or point AMQP_URI to a running one."
)


def find_rabbitmq(script: str = "rabbitmq-server") -> Path | None:
    """Return the path of one of RabbitMQ's own scripts.

    Debian's commands of the same name are wrappers that change user and folder: those are passed over.
    """
    if (PACKAGED / script).exists():
        return PACKAGED / script
    found = shutil.which(script)
    return Path(found) if found else None


def may_install() -> bool:
    """Tell whether packages can be installed here: root on Debian, Ubuntu and their kin."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def ensure_rabbitmq(announce: Callable[[], None] = lambda: None) -> None:
    """Install RabbitMQ if it is missing and may be installed; `announce` is called before.

    Raises:
        StackError: it is missing and cannot be installed here; the message says what to do.
    """
    if find_rabbitmq():
        return
    if not may_install():
        raise StackError(f"rabbitmq-server was not found. {ADVICE}")
    announce()
    with _no_service_starts():
        _run(*APT, "update")
        _run(*APT, "install", "--yes", "--no-install-recommends", "rabbitmq-server")
    if Path("/run/systemd/system").exists():
        _run("systemctl", "disable", "--now", "rabbitmq-server")
    if not find_rabbitmq():
        raise StackError(f"The package rabbitmq-server brought no server. {ADVICE}")


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep the package from starting the system's own broker: the stack runs one of its own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
        raise StackError(f"{' '.join(command)} failed (exit code {done.returncode}):\n{tail}\n{ADVICE}")


def main() -> int:
    """Make sure that RabbitMQ is there; print what was done about it."""
    if os.environ.get("AMQP_URI"):
        return 0
    try:
        ensure_rabbitmq(lambda: print("Installing rabbitmq-server ...", flush=True))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

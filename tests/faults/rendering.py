"""Sandboxes of processes that live for a moment: forked from one process that has imported all they need.

In production each is a program of its own, started by its service; here that would take longer than all else
that a process does before it dies. What they do is the same.
"""

import os
import signal
import socket
import subprocess
import sys
from typing import Any


class Child:
    """One sandbox, as the service that uses it sees it: it ends with their connection."""

    pid = None

    def poll(self) -> None:
        """Tell that it runs; if it does not, who speaks to it will notice."""

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def kill(self) -> None:
        """Nothing to do: its connection is closed next."""


def fork_sandboxes() -> None:
    """Have those of this process, and of all that are forked from it, come from one that is started now."""
    from eventlet.patcher import original

    from services.notifications.texts import sandbox

    # Eventlet's own cannot hand over a connection.
    plain = original("socket")
    ours, theirs = plain.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.faults.rendering", str(theirs.fileno())]
        nothing = subprocess.DEVNULL
        subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=nothing, stdout=nothing)

    def started() -> tuple[Child, Any]:
        end, other = socket.socketpair()
        with other:
            plain.send_fds(ours, [b"one"], [other.fileno()])
        return Child(), end

    sandbox._started = started  # type: ignore[assignment]


def main(number: int) -> None:
    """Fork a sandbox for each connection that comes, until nobody is left who could send one."""
    from services.notifications.texts import child

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=number) as wanted:
        while (came := socket.recv_fds(wanted, 16, 1))[0]:
            [connection] = came[1]
            if not os.fork():
                wanted.close()
                os.dup2(connection, 0)
                os.close(connection)
                child.main()
                os._exit(0)
            os.close(connection)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""The child process that renders, as its parent sees it.

The two talk over a pair of sockets: a socket has a deadline, and works in a process that eventlet has patched
as well as in threads. The child is started when it is first needed, with an environment that has no secrets.
It ends when its end of the pair is the only one left: with its parent, however that dies.
"""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import NoReturn, TypeVar

import msgspec

from services.notifications.texts.findings import Finding
from services.notifications.texts.text import Broken, Text, Titles
from services.notifications.texts.wire import (
    Batch,
    Check,
    Findings,
    Hello,
    Ready,
    Results,
    Said,
    frame,
    receive,
)

MODULE = "services.notifications.texts.child"
#: What a child inherits of the environment: where to find zones and libraries, nothing else.
INHERITED = ("LD_LIBRARY_PATH", "PATH", "PYTHONTZPATH", "SYSTEMROOT")
SECONDS = 0.5
ROOM = 256 * 1024 * 1024
#: Seconds without a word from the child, by the clock on the wall.
SILENCE = 10.0
TO_START = 60.0
TO_END = 2.0
#: Somebody may kill a child that has hardly begun.
TRIES = 3

_Answer = TypeVar("_Answer")
_answered = msgspec.msgpack.Decoder(Ready | Results | Findings)


class Gone(Exception):
    """The child has died, or was killed because it had been silent for too long. Ask again."""


class CannotStart(Gone):
    """No child can be started. Asking again at once is in vain."""


class Sandbox:
    """A child process; for one thread at a time.

    `seconds` of processor time and `room` in bytes are a message's limits, `silence` that of the child.
    """

    def __init__(
        self, titles: Titles, *, seconds: float = SECONDS, room: int = ROOM, silence: float = SILENCE
    ) -> None:
        self._hello = Hello(titles, seconds, room)
        self._silence = silence
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The id of the child that runs, if one does."""
        return self._process.pid if self._process else None

    def start(self) -> bool:
        """Start a child unless one runs; return whether a new one was started. Raises `CannotStart`."""
        if self._process is not None and self._process.poll() is None:
            return False
        for _ in range(TRIES):
            self.end()
            try:
                self._process, self._connection = _started()
                self._connection.settimeout(TO_START)
                self._say(self._hello)
                self._hear(Ready)
                self._connection.settimeout(self._silence)
                return True
            except Gone as error:
                why: Exception = error
            except OSError as error:
                why = error
                break
        self.end()
        raise CannotStart(f"no process to render in can be started: {why}") from why

    def rendered(self, batch: Batch) -> Iterator[list[Text | Broken]]:
        """Yield the messages of a batch as they come. Raises `Gone`; what was yielded until then is good."""
        self._say(batch)
        missing = len(batch.wanted)
        while missing:
            made = self._hear(Results).made
            missing -= len(made)
            yield made

    def checked(self, check: Check) -> list[Finding]:
        """Return what is found in texts. Raises `Gone`."""
        self._say(check)
        return self._hear(Findings).found

    def end(self) -> None:
        """End the child, at once if it is idle and after `TO_END` seconds otherwise."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            try:
                self._process.wait(TO_END)
            except subprocess.TimeoutExpired:
                self._kill()
        self._process = self._connection = None

    def _say(self, message: Said) -> None:
        assert self._connection is not None, "started"
        try:
            self._connection.sendall(frame(message))
        except OSError as error:
            self._give_up(error)

    def _hear(self, kind: type[_Answer]) -> _Answer:
        assert self._connection is not None, "started"
        try:
            answer = _answered.decode(receive(self._connection))
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._give_up(error)
        assert isinstance(answer, kind), "answers follow questions"
        return answer

    def _give_up(self, error: Exception) -> NoReturn:
        why = "it was silent for too long" if isinstance(error, TimeoutError) else "it died"
        self._kill()
        self.end()
        raise Gone(why) from error

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()


def _started() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
    return process, ours

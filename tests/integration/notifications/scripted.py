"""A mail server that follows a script, command by command."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from services.notifications.channels.mail import Mail
from wafa.stack.ports import LOOPBACK

CONTENT = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\nlast\r\n"
USUAL = {
    "HELO": "250 server",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go on",
    "END": "250 taken",
    "RSET": "250 OK",
    "NOOP": "250 OK",
    "QUIT": "221 bye",
}


@dataclass
class Scripted:
    """A server that answers each command by the book, but for what `answers` says otherwise.

    An answer of nothing hangs up. `early` counts commands that came before they were due.
    """

    pipelining: bool
    answers: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0
    early: int = 0
    _talking: socket.socket | None = None

    def __enter__(self) -> "Scripted":
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._talking:
            with suppress(OSError):
                self._talking.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def mail(self, recipient: str = "sara@example.com") -> Mail:
        return Mail("care@bayt.example", recipient, CONTENT)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._talking = connection
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 server\r\n")
                self._talk(connection, lines.readline)

    def _talk(self, connection: socket.socket, readline: Callable[[], bytes]) -> None:
        while line := readline():
            verb = line[:4].decode().strip().upper()
            self.commands.append(line.decode().strip())
            if verb == "EHLO":
                more = "250-PIPELINING\r\n" if self.pipelining else ""
                connection.sendall(f"250-server\r\n{more}250 SIZE 1000000\r\n".encode())
                continue
            if verb in ("MAIL", "RCPT") and self._something_waits(connection):
                self.early += 1
            if not self._answer(connection, verb):
                return
            if verb == "DATA" and self._said("DATA").startswith("354"):
                mail = [line]
                while mail[-1] not in (b".\r\n", b""):
                    mail.append(readline())
                if not mail[-1]:
                    return
                self.mails.append(b"".join(mail[1:-1]))
                if not self._answer(connection, "END"):
                    return

    def _said(self, verb: str) -> str:
        return self.answers.get(verb, USUAL.get(verb, "500 what"))

    def _answer(self, connection: socket.socket, verb: str) -> bool:
        if answer := self._said(verb):
            connection.sendall(f"{answer}\r\n".encode())
        return bool(answer)

    def _something_waits(self, connection: socket.socket) -> bool:
        connection.setblocking(False)
        try:
            return bool(connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            connection.setblocking(True)

"""A mail over SMTP, command by command: with servers that take several at once, and others."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from services.notifications.channels.mail import Mail
from services.notifications.channels.outcomes import Accepted, PutOff, Refused
from services.notifications.channels.smtp import Mailer, Server
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


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[Scripted]:
    with Scripted(request.param) as server:
        yield server


@pytest.fixture
def mailer(server: Scripted) -> Iterator[Mailer]:
    mailer = Mailer(Server(LOOPBACK, server.port), timeout=5)
    yield mailer
    mailer.close()


def test_a_mail_arrives_as_it_is_and_the_connection_takes_the_next(server: Scripted, mailer: Mailer) -> None:
    assert mailer.send(server.mail()) == mailer.send(server.mail()) == Accepted()
    stuffed = CONTENT.replace(b"\r\n.", b"\r\n..")
    assert server.mails == [stuffed, stuffed]
    assert server.connections == 1
    assert server.commands[1:4] == [
        f"MAIL FROM:<care@bayt.example> SIZE={len(CONTENT)}",
        "RCPT TO:<sara@example.com>",
        "DATA",
    ]


def test_who_does_not_take_commands_at_once_is_not_given_them_at_once() -> None:
    with Scripted(pipelining=False) as server:
        mailer = Mailer(Server(LOOPBACK, server.port), timeout=5)
        assert mailer.send(server.mail()) == Accepted()
        assert server.early == 0
        mailer.close()


@pytest.mark.parametrize("at", ["RCPT", "DATA", "END"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 no <sara@example.com>", Refused("550 no <<recipient>>")), ("451 later", PutOff("451 later"))],
)
def test_what_is_said_of_one_mail_decides_about_that_mail_alone(
    server: Scripted, mailer: Mailer, at: str, answer: str, outcome: Refused | PutOff
) -> None:
    # A server that has no recipient has no use for DATA.
    server.answers = {at: answer} | ({"DATA": "503 no recipient"} if at == "RCPT" else {})
    assert mailer.send(server.mail()) == outcome
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert server.connections == 1


def test_no_mail_goes_to_nobody(server: Scripted, mailer: Mailer) -> None:
    """Some servers refuse the recipient and take the mail all the same."""
    server.answers = {"RCPT": "550 no"}
    assert mailer.send(server.mail()) == Refused("550 no")
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert len(server.mails) == 1


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("answer", ["421 going down", ""])
def test_a_server_that_goes_is_held_against_no_mail(
    server: Scripted, mailer: Mailer, at: str, answer: str
) -> None:
    server.answers = {at: answer}
    outcome = mailer.send(server.mail())
    assert isinstance(outcome, PutOff)
    assert outcome.away
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert server.connections == 2


def test_a_server_that_refuses_us_as_a_sender_refuses_no_mail(server: Scripted, mailer: Mailer) -> None:
    server.answers = {"MAIL": "550 not you"}
    outcome = mailer.send(server.mail())
    assert isinstance(outcome, PutOff)
    assert outcome.away


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<all@example.com", "a@b.example\nDATA"])
def test_an_address_is_no_command(server: Scripted, mailer: Mailer, address: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        mailer.send(server.mail(address))
    assert not any("all@example.com" in command for command in server.commands)

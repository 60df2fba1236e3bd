"""Handing mail to an SMTP server over connections that are kept open.

What the server says of one mail decides about that mail; trouble with the server itself (away, refuses us as
a sender or our password) is never held against a mail, it is only put off.
"""

import io
import smtplib
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from services.notifications.channels.mail import Mail
from services.notifications.channels.outcomes import Accepted, Outcome, PutOff, Refused
from services.notifications.channels.transaction import InDoubt, transact
from services.notifications.channels.words import kept_words, trouble
from wafa.runtime.hurried import Hurried

# Long-lived connections collect trouble; many servers end them after about so many mails or so long a rest.
MAILS_PER_CONNECTION = 200
RESTED = 5.0

FORM = "smtp[s]://[user:password@][host][:port][?starttls=never|required]"

Tls = Literal["never", "required", "implicit"]
_TLS: dict[tuple[str, str], Tls] = {
    ("smtp", "never"): "never",
    ("smtp", "required"): "required",
    ("smtps", "never"): "implicit",
    ("smtps", "required"): "implicit",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where to hand in mail, and how."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Tls = "never"

    @classmethod
    def parse(cls, url: str) -> "Server":
        """Read `WAFA_SMTP_URL`, which has the form of `FORM`.

        `smtps` is TLS from the first byte. Without `starttls`, TLS is required where there is a password.

        Raises:
            ValueError: it is not of this form. The message does not repeat it: it may hold a password.
        """
        parts = urlsplit(url)
        starttls = parse_qs(parts.query).get("starttls", ["required" if parts.password else "never"])[-1]
        try:
            tls = _TLS[parts.scheme, starttls]
            port = parts.port or (465 if tls == "implicit" else 587 if parts.username else 25)
        except (KeyError, ValueError):
            raise ValueError(f"WAFA_SMTP_URL must look like {FORM}") from None
        user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
        return cls(parts.hostname or "localhost", port, user, password, tls)


class Mailer:
    """Sends mail; safe to share among threads, each of which uses a connection of its own meanwhile.

    `timeout` (seconds) limits each step of the conversation: a connection, a command, a whole reply.
    """

    def __init__(self, server: Server, *, timeout: float = 10) -> None:
        self._server = server
        self._timeout = timeout
        self._idle: deque[_Connection] = deque()

    def send(self, mail: Mail) -> Outcome:
        """Hand over one mail and say what became of it. Raises nothing that a server can cause."""
        try:
            connection = self._take()
        except (OSError, smtplib.SMTPException) as error:
            return PutOff(trouble(error), away=True)
        try:
            outcome = _hand_over(connection.smtp, mail)
        except BaseException:
            connection.smtp.close()
            raise
        connection.mails += 1
        self._put_back(connection)
        return outcome

    def close(self) -> None:
        """End all connections that are at rest."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.usable():
                return connection
            connection.close()
        return _Connection(_connect(self._server, self._timeout))

    def _put_back(self, connection: "_Connection") -> None:
        if connection.smtp.sock is None or connection.mails >= MAILS_PER_CONNECTION:
            connection.close()
            return
        connection.rests_since = time.monotonic()
        self._idle.append(connection)


class _Connection:
    """An open connection, how many mails it has carried and since when it rests."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self.smtp = smtp
        self.mails = 0
        self.rests_since = time.monotonic()

    def usable(self) -> bool:
        """Tell whether the server still listens; asked only after a rest, it costs a round trip."""
        if time.monotonic() - self.rests_since < RESTED:
            return True
        try:
            return self.smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def close(self) -> None:
        try:
            self.smtp.quit()
        except (OSError, smtplib.SMTPException):
            self.smtp.close()


class _Plain(smtplib.SMTP):
    """A conversation in which each reply has its time, however many lines and pieces it comes in."""

    def getreply(self) -> tuple[int, bytes]:
        assert self.sock is not None, "connected"
        until = time.monotonic() + self.timeout
        if self.file is None:
            self.file = io.BufferedReader(Hurried(self.sock, until))
        self.file.raw.until = until
        try:
            return super().getreply()
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)


class _ImplicitTls(_Plain, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _connect(server: Server, timeout: float) -> smtplib.SMTP:
    context = None if server.tls == "never" else ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.tls == "implicit":
        smtp = _ImplicitTls(server.host, server.port, timeout=timeout, context=context)
    else:
        smtp = _Plain(server.host, server.port, timeout=timeout)
    try:
        if server.tls == "required":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.user is not None:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_over(smtp: smtplib.SMTP, mail: Mail) -> Outcome:
    try:
        code, words = transact(smtp, mail)
    except InDoubt as error:
        smtp.close()
        return PutOff(trouble(error.__cause__ or error), away=True, in_doubt=True)
    except (OSError, smtplib.SMTPException) as error:
        smtp.close()
        return PutOff(trouble(error), away=True)
    if code == 250:
        return Accepted()
    reply = kept_words(f"{code} {words.decode('utf-8', 'replace')}", mail.recipient)
    return Refused(reply) if 500 <= code <= 599 else PutOff(reply, away=code == 421)

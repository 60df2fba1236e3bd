"""One mail over an SMTP connection: MAIL, RCPT, DATA, the content (RFC 5321).

A server that knows PIPELINING (RFC 2920) gets the three commands at once: two round trips, not four.
"""

import smtplib
from contextlib import suppress
from typing import NamedTuple

from services.notifications.channels.mail import Mail


class InDoubt(Exception):
    """The server had all of the mail, and went without saying what became of it."""


class Reply(NamedTuple):
    """What a server answered: its code and its words."""

    code: int
    words: bytes


def transact(smtp: smtplib.SMTP, mail: Mail) -> Reply:
    """Hand over a mail and return what was answered to its recipient or, at last, to itself.

    The connection is fit for the next mail afterwards, or closed.

    Raises:
        InDoubt: nobody can say whether the server has the mail.
        smtplib.SMTPException, OSError: it is the server that is in trouble, or refuses us as a sender.
        ValueError: an address would be more than an argument.
    """
    size = f" SIZE={len(mail.content)}" if smtp.has_extn("size") else ""
    sender = _line(f"MAIL FROM:<{mail.sender}>{size}")
    commands = [sender, _line(f"RCPT TO:<{mail.recipient}>"), b"DATA\r\n"]
    accepted, taken, go_on = _asked(smtp, commands)
    if accepted.code != 250:
        raise smtplib.SMTPSenderRefused(accepted.code, accepted.words, mail.sender)
    if taken.code not in (250, 251):
        if go_on.code == 354:
            # It would take a mail to nobody.
            smtp.close()
        return _ended(smtp, taken)
    if go_on.code != 354:
        return _ended(smtp, go_on)
    smtp.send(_stuffed(mail.content) + b".\r\n")
    try:
        last = Reply(*smtp.getreply())
    except (OSError, smtplib.SMTPException) as error:
        raise InDoubt from error
    return _ended(smtp, last)


def _asked(smtp: smtplib.SMTP, commands: list[bytes]) -> list[Reply]:
    """Return the replies to commands; to those that were not given any more, that of the last one."""
    if smtp.has_extn("pipelining"):
        smtp.send(b"".join(commands))
        return [Reply(*smtp.getreply()) for _ in commands]
    replies: list[Reply] = []
    for command in commands:
        smtp.send(command)
        replies.append(Reply(*smtp.getreply()))
        if replies[-1].code >= 400:
            break
    return replies + replies[-1:] * (len(commands) - len(replies))


def _ended(smtp: smtplib.SMTP, reply: Reply) -> Reply:
    if reply.code == 421:
        smtp.close()
    elif reply.code != 250 and smtp.sock is not None:
        with suppress(smtplib.SMTPServerDisconnected):
            smtp.rset()
    return reply


def _line(command: str) -> bytes:
    if "\r" in command or "\n" in command:
        raise ValueError("an address must not have a line break in it")
    return f"{command}\r\n".encode("ascii")


def _stuffed(content: bytes) -> bytes:
    """Return content as it goes over the wire: a line that begins with a dot gets another."""
    content = content.replace(b"\r\n.", b"\r\n..")
    content = b"." + content if content.startswith(b".") else content
    return content if content.endswith(b"\r\n") else content + b"\r\n"

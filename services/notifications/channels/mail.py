"""A rendered message as an e-mail, composed so that nobody's string can become a header.

Of what comes from outside only two things stand in a header: the address, when it is nothing but an address,
and the subject, which may have somebody's name in it. It is encoded here: the email package takes what looks
encoded for encoded, reads line breaks out of it, and in many versions writes them as they are.
How to get no more of it stands in the headers of RFC 2369 and, with one click, of RFC 8058.

The email package takes 2 ms to compose a mail. So it composes a form, once for each language, and a mail is
that form with its own few values filled in: ASCII without line breaks of its own, and base64.
"""

import base64
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from services.notifications.channels.outcomes import Message
from services.notifications.domain.reach import ADDRESS, usable_address

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: Controls, line and paragraph separators.
_BREAKS = {"Cc", "Zl", "Zp"}
_NOBODYS = secrets.token_hex(8)
_LINK = re.compile(r"https?://[!-;=?-~]{1,800}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail comes from: the brand's name, and the address for answers."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """Read `Name <address>`, the form of `WAFA_MAIL_FROM`; without a name the address's domain is it.

        Raises:
            ValueError: there is no usable address in it.
        """
        name, written = parseaddr(text)
        address = usable_address(written)
        if address is None:
            raise ValueError(f"WAFA_MAIL_FROM must look like `Name <name@example.com>`, not {text!r}")
        return cls(name or address.partition("@")[2], address)

    @property
    def domain(self) -> str:
        """The domain that message ids are made in."""
        return self.address.partition("@")[2]


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail ready for the wire, and its envelope."""

    sender: str
    recipient: str
    content: bytes


def message_id(outreach_id: str, sender: Sender) -> str:
    """Return the Message-ID of an outreach: the same however often it is sent."""
    return f"<{outreach_id}@{sender.domain}>"


def compose(message: Message, sender: Sender) -> Mail:
    """Return the e-mail, as plain text and HTML.

    Raises:
        ValueError: recipient, id, link or subject would be more than that in a header. Names which; never
            repeats it.
    """
    values = {
        b"recipient": _checked("recipient", ADDRESS, message.recipient),
        b"date": _date(message.now),
        b"subject": _subject(message.subject),
        b"outreach_id": _checked("outreach_id", _ID, message.outreach_id),
        b"plain": _encoded(message.plain),
        b"html": _encoded(message.html),
    }
    if message.unsubscribe is not None:
        values[b"unsubscribe"] = _checked("unsubscribe", _LINK, message.unsubscribe)
    form = _form(sender, message.language, message.unsubscribe is not None)
    return Mail(sender.address, message.recipient, form % values)


def _checked(name: str, form: re.Pattern[str], value: str) -> bytes:
    if not (value.isascii() and form.fullmatch(value)):
        raise ValueError(f"{name} must not have more in it than can stand in a header")
    return value.encode("ascii")


@lru_cache(maxsize=64)
def _date(now: datetime) -> bytes:
    return format_datetime(now).encode("ascii")


@lru_cache(maxsize=256)
def _subject(text: str) -> bytes:
    """Return a subject as it stands in a header, folded. Whoever reads it finds the same text."""
    if any(unicodedata.category(one) in _BREAKS for one in text):
        raise ValueError("subject must not have more in it than can stand in a header")
    plain = text.isascii() and "=?" not in text
    header = Header(text, charset="us-ascii" if plain else "utf-8", header_name="Subject")
    return header.encode(linesep="\r\n").encode("ascii")


@lru_cache(maxsize=64)
def _form(sender: Sender, language: str, one_click: bool) -> bytes:
    """Return a mail with a place for each value, as a format for `%`."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = f"{_place('recipient')}@place.invalid"
    mail["Subject"] = _place("subject")
    mail["Message-ID"] = message_id(_place("outreach_id"), sender)
    mail["Auto-Submitted"] = "auto-generated"
    by_mail = f"<mailto:{sender.address}?subject=unsubscribe>"
    if one_click:
        mail["List-Unsubscribe"] = f"<{_place('unsubscribe')}>, {by_mail}"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        mail["List-Unsubscribe"] = by_mail
    mail.set_content(_place("plain"), cte="base64")
    mail.add_alternative(_place("html"), subtype="html", cte="base64")
    mail["Content-Language"] = language
    # Neither `=` followed by anything nor `_` can stand in base64.
    mail.set_boundary("=_part")
    places = {
        f"{_place('recipient')}@place.invalid".encode(): b"%(recipient)b",
        _place("subject").encode(): b"%(subject)b",
        _place("outreach_id").encode(): b"%(outreach_id)b",
        _place("unsubscribe").encode(): b"%(unsubscribe)b",
        _encoded(_place("plain") + "\n"): b"%(plain)b",
        _encoded(_place("html") + "\n"): b"%(html)b",
    }
    form = mail.as_bytes().replace(b"%", b"%%")
    for value, place in places.items():
        form = form.replace(value, place)
    return b"Date: %(date)b\r\n" + form


def _place(name: str) -> str:
    """Return what stands for a value: nothing that anybody could have in a subject."""
    return f"{name}-{_NOBODYS}"


def _encoded(text: str) -> bytes:
    """Return text as base64 with the line ends of MIME, in lines of 76."""
    encoded = base64.b64encode(text.replace("\n", "\r\n").encode("utf-8"))
    return b"".join([encoded[start : start + 76] + b"\r\n" for start in range(0, len(encoded), 76)])

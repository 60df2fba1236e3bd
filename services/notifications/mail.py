"""A rendered message as an e-mail, composed so that nobody's string can become a header.

Of what comes from outside only the address stands in a header, and only when it is nothing but an address.

The email package takes 2 ms to compose a mail. So it composes a form, once for each subject and language, and
a mail is that form with its own few values filled in: ASCII without line breaks, and base64.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from services.notifications.rendering import Text

_ATOM = r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_ATOM}(?:\.{_ATOM})*)")
LONGEST_ADDRESS = 254


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


def compose(outreach_id: str, text: Text, *, sender: Sender, recipient: str, now: datetime) -> Mail:
    """Return the e-mail, as plain text and HTML. `recipient` is what `usable_address` returned."""
    values = {
        b"recipient": recipient.encode("ascii"),
        b"date": format_datetime(now).encode("ascii"),
        b"message_id": message_id(outreach_id, sender).encode("ascii"),
        b"plain": _encoded(text.plain),
        b"html": _encoded(text.html),
    }
    return Mail(sender.address, recipient, _form(sender, text.subject, text.language) % values)


def usable_address(text: str) -> str | None:
    """Return an address as mail servers know it, an international domain in its ASCII form.

    None when it is no plain address, or when its local part needs SMTPUTF8, which few servers offer.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    try:
        address = f"{found['local']}@{found['domain'].encode('idna').decode()}"
    except UnicodeError:
        return None
    return address if address.isascii() and len(address) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=256)
def _form(sender: Sender, subject: str, language: str) -> bytes:
    """Return a mail with a place for each value, as a format for `%`."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = "recipient@place.invalid"
    mail["Subject"] = subject
    mail["Date"] = "Thu, 01 Jan 1970 00:00:00 +0000"
    mail["Message-ID"] = "<message_id@place.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{sender.address}?subject=unsubscribe>"
    mail.set_content("plain", cte="base64")
    mail.add_alternative("html", subtype="html", cte="base64")
    mail["Content-Language"] = language
    # Neither `=` followed by anything nor `_` can stand in base64.
    mail.set_boundary("=_part")
    places = {
        b"recipient@place.invalid": b"%(recipient)b",
        b"Thu, 01 Jan 1970 00:00:00 +0000": b"%(date)b",
        b"<message_id@place.invalid>": b"%(message_id)b",
        _encoded("plain\n"): b"%(plain)b",
        _encoded("html\n"): b"%(html)b",
    }
    form = mail.as_bytes().replace(b"%", b"%%")
    for value, place in places.items():
        form = form.replace(value, place)
    return form


def _encoded(text: str) -> bytes:
    """Return text as base64 with the line ends of MIME, in lines of 76."""
    return base64.encodebytes(text.replace("\n", "\r\n").encode("utf-8")).replace(b"\n", b"\r\n")

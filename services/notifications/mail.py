"""A rendered message as an e-mail, composed so that nobody's string can become a header.

Of what comes from outside only the address stands in a header, and only when it is nothing but an address.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from services.notifications.rendering import Text

# All bodies as ASCII on the wire: no server needs the 8BITMIME extension for them.
_POLICY = SMTP.clone(cte_type="7bit")
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
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = recipient
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(outreach_id, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{sender.address}?subject=unsubscribe>"
    mail.set_content(text.plain)
    mail.add_alternative(text.html, subtype="html")
    mail["Content-Language"] = text.language
    # Else the generator makes one by reading every message twice.
    mail.set_boundary(f"=_{outreach_id}")
    return Mail(sender.address, recipient, mail.as_bytes())


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

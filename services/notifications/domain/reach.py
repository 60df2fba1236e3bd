"""By which channels a customer can be reached: the address that is used on each, and whether it bounced."""

import re
from collections.abc import Callable, Mapping

from services.notifications.domain.audience import Entry
from services.notifications.domain.decision import Way

ATOM = r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
ADDRESS = re.compile(rf"(?P<local>{ATOM}(?:\.{ATOM})*)@(?P<domain>{ATOM}(?:\.{ATOM})*)")
LONGEST_ADDRESS = 254
#: E.164, as the customers service publishes it.
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

OPEN = "open"
#: What consent is asked for; a message of any other purpose is service to who receives it.
PURPOSES = ("marketing", "service")


def usable_address(text: str) -> str | None:
    """Return an address as mail servers know it, an international domain in its ASCII form.

    None when it is no plain address, or when its local part needs SMTPUTF8, which few servers offer.
    """
    found = ADDRESS.fullmatch(text)
    if found is None:
        return None
    try:
        address = f"{found['local']}@{found['domain'].encode('idna').decode()}"
    except UnicodeError:
        return None
    return address if address.isascii() and len(address) <= LONGEST_ADDRESS else None


def mail_recipient(entry: Entry | None) -> str | None:
    """Return the first of a customer's addresses that mail can be sent to."""
    emails = entry.profile.emails if entry and entry.profile else ()
    return next(filter(None, map(usable_address, emails)), None)


def phone_recipient(entry: Entry | None) -> str | None:
    """Return the first of a customer's telephone numbers that can be used."""
    numbers = entry.profile.phones if entry and entry.profile else ()
    return next((number for number in numbers if NUMBER.fullmatch(number)), None)


#: Channel -> the address of a customer that can be used there, or None.
RECIPIENTS: Mapping[str, Callable[[Entry | None], str | None]] = {
    "email": mail_recipient,
    "sms": phone_recipient,
    "whatsapp": phone_recipient,
    "phone": phone_recipient,
}


def reach_of(entry: Entry) -> dict[str, dict[str, str]]:
    """Return, for each kind of consent and each channel with an address, what stands against it, or `open`.

    Kept with the entry, so that the database can count what the decision on each customer would look at.
    Nobody of whom no profile has arrived yet has any of it.
    """
    if entry.alias_of or entry.erased or not entry.profile:
        return {}
    bounced = {(one.channel, one.address) for one in entry.bounced}
    addresses = {channel: recipient(entry) for channel, recipient in RECIPIENTS.items()}
    return {
        purpose: {
            channel: _state(
                Way(channel, True, (channel, address) in bounced, entry.consent(channel, purpose)), purpose
            )
            for channel, address in addresses.items()
            if address is not None
        }
        for purpose in PURPOSES
    }


def _state(way: Way, purpose: str) -> str:
    obstacle = way.obstacle(purpose)
    return str(obstacle) if obstacle else OPEN

"""By which channels a customer can be reached: the address that is used on each, and whether it bounced."""

import re
from collections.abc import Callable, Mapping

from services.notifications.domain.audience import Entry
from services.notifications.domain.decision import Way
from services.notifications.domain.facts import Profile

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


def _emails(profile: Profile) -> tuple[str, ...]:
    return tuple(filter(None, map(usable_address, profile.emails)))


def _numbers(profile: Profile) -> tuple[str, ...]:
    return tuple(filter(NUMBER.fullmatch, profile.phones))


#: Channel -> the addresses in a profile that can be used there, the preferred one first.
USABLE: Mapping[str, Callable[[Profile], tuple[str, ...]]] = {
    "email": _emails,
    "sms": _numbers,
    "whatsapp": _numbers,
    "phone": _numbers,
}


def recipient(entry: Entry | None, channel: str) -> str | None:
    """Return the address of a customer to write to on a channel: the first from which nothing came back.

    Where something came back from each of them, the first. None where there is no usable one.
    """
    usable = USABLE[channel](entry.profile) if entry and entry.profile else ()
    shut = {one.address for one in entry.bounced if one.channel == channel} if entry else set()
    return next((one for one in usable if one not in shut), next(iter(usable), None))


def reach_of(entry: Entry) -> dict[str, dict[str, str]]:
    """Return, for each kind of consent and each channel with an address, what stands against it, or `open`.

    Kept with the entry, so that the database can count what the decision on each customer would look at.
    Nobody of whom no profile has arrived yet has any of it.
    """
    if entry.alias_of or entry.erased or not entry.profile:
        return {}
    bounced = {(one.channel, one.address) for one in entry.bounced}
    addresses = {channel: recipient(entry, channel) for channel in USABLE}
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

"""What a channel is given, what it is, and what it says became of a message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered text on its way to one recipient, who was checked by the channel's own rule of addresses.

    `plain` is also what staff say on the phone, `short` is for SMS and WhatsApp. `direction` is `ltr` or
    `rtl`. `unsubscribe` is the address of the one-click link, where there is one. `purpose` is that of the
    campaign: `marketing` or `service`.
    """

    outreach_id: str
    customer_id: str
    recipient: str
    language: str
    direction: str
    subject: str
    plain: str
    html: str
    short: str
    now: datetime
    unsubscribe: str | None = None
    purpose: str = "service"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has taken over the message; `message_id` is what it goes by there."""

    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side will never take this message; `reply` is why, in its words."""

    reply: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """Not now. `away` when it is the other side that is in trouble, and other messages would fare no better.

    `retry_after` is how many seconds it asked us to wait, if it did. `in_doubt` when it was given the whole
    message and did not say what became of it: it may have it.
    """

    reply: str
    away: bool = False
    retry_after: float | None = None
    in_doubt: bool = False


Outcome = Accepted | Refused | PutOff


class Channel(Protocol):
    """A way to a customer. Safe to share among threads."""

    def send(self, message: Message) -> Outcome:
        """Hand over one message and say what became of it. Raises nothing that the far end can cause.

        The same message may come twice, when a worker died: the far end gets the same id with it both times.
        """
        ...

"""SMS and WhatsApp: a signed call to whoever can send them, over connections that are kept open.

    POST {"type": "sms", "to": "+966500000001", "text": "...", "language": "ar", "outreach_id": "..."}

The call carries the id of the outreach as `webhook-id`: it may come twice, and is then to be sent once. What
is answered of one message (2xx, 4xx) decides about that message; what says that the far end is in trouble,
or does not want us, is never held against a message.
"""

import ssl
import time
from dataclasses import dataclass, field

import msgspec

from services.notifications.channels.outcomes import Accepted, Message, Outcome, PutOff, Refused
from services.notifications.channels.words import kept_words, trouble
from wafa.runtime.webhooks.calling import MAY_HAVE_IT, NO_ANSWER, Answer, Calls
from wafa.runtime.webhooks.endpoint import Endpoint
from wafa.runtime.webhooks.signing import key_of, signed

#: 4xx that say "not now" of a message.
NOT_NOW = {408, 409, 425}
#: So many calls without an answer, one after the other, and the far end is called once in so many seconds.
UNANSWERED, RESTS = 3, 30.0
#: Of all messages, not of this one: the address is wrong, the secret is, or too much comes at once.
AWAY = {401, 403, 404, 405, 407, 410, 429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class FarEnd:
    """Where to call, and the key that signs."""

    endpoint: Endpoint
    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, channel: str, url: str, secret: str, *, private: bool = False) -> "FarEnd":
        """Read a channel's `WAFA_..._URL` and `WAFA_..._SECRET`; without `private` it must be https.

        Raises:
            ValueError: one of them cannot be used. The message names it, and does not repeat it.
        """
        try:
            endpoint = Endpoint.parse(url, private=private)
        except ValueError as error:
            raise ValueError(f"WAFA_{channel.upper()}_URL {error}") from None
        try:
            key = key_of(secret)
        except ValueError as error:
            raise ValueError(f"WAFA_{channel.upper()}_SECRET {error}") from None
        return cls(endpoint, key)


class Webhook:
    """The channels `sms` and `whatsapp`: `type` says which. `context` is for a CA of one's own."""

    def __init__(self, type: str, far_end: FarEnd, *, context: ssl.SSLContext | None = None) -> None:
        self._type = type
        self._far_end = far_end
        self._calls = Calls(context=context)
        self._unanswered = 0
        self._rests_until = 0.0

    def send(self, message: Message) -> Outcome:
        """Call the far end with one message and say what it answered."""
        if self._rests():
            return PutOff("not called: the last calls were not answered", away=True)
        body = msgspec.json.encode(
            {
                "type": self._type,
                "to": message.recipient,
                "text": message.short,
                "language": message.language,
                "outreach_id": message.outreach_id,
            }
        )
        # The real time, whatever time the campaigns play in: the far end refuses what is old.
        headers = signed([self._far_end.key], message.outreach_id, int(time.time()), body)
        headers |= {"Content-Type": "application/json"}
        try:
            answer = self._calls.post(self._far_end.endpoint, headers, body)
        except NO_ANSWER as error:
            words, in_doubt = kept_words(trouble(error), message.recipient), isinstance(error, MAY_HAVE_IT)
            self._unanswered += in_doubt
            return PutOff(words, away=True, in_doubt=in_doubt)
        self._unanswered = 0
        return _judged(answer, message)

    def _rests(self) -> bool:
        """Tell whether the far end is to be left alone; one call in a while finds out whether it is back.

        A message that was not answered may have been sent, and where that must not happen twice it is lost.
        So a far end that is silent for an hour is not given all that is due.
        """
        if self._unanswered < UNANSWERED:
            return False
        now = time.monotonic()
        if now < self._rests_until:
            return True
        self._rests_until = now + RESTS
        return False

    def close(self) -> None:
        """End all connections that are at rest."""
        self._calls.close()


def _judged(answer: Answer, message: Message) -> Outcome:
    status = answer.status
    if 200 <= status <= 299:
        return Accepted(message.outreach_id)
    reply = kept_words(f"{status} {answer.words}".strip(), message.recipient)
    if 400 <= status <= 499 and status not in NOT_NOW | AWAY:
        return Refused(reply)
    return PutOff(reply, away=status in AWAY, retry_after=answer.retry_after)

"""Links in messages that say who is meant without saying who it is: a signed token, good for ever.

A token names an outreach and what it asks for. Nobody who does not know the secret can make one, and there is
nothing personal in it. It does not expire: who wants no more mail may say so on an old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from itsdangerous import BadData, URLSafeSerializer

from wafa.runtime.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

UNSUBSCRIBE = "unsubscribe"
ANSWER = "answer"
PURPOSES = (UNSUBSCRIBE, ANSWER)

LEAST_SECRET = 32
LONGEST_TOKEN = 1000


class Forged(ValueError):
    """A token that none of our secrets has signed, or that was cut off on its way."""


class Link(NamedTuple):
    """What a token says: what for (`PURPOSES`), which outreach, and with an answer which one."""

    purpose: str
    outreach_id: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links below `public_url`; without a secret or an address there are none."""

    public_url: str = ""
    secrets: Sequence[str] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> "Links":
        """Return the links of these settings. Says so in the log when messages will have none.

        Raises:
            SettingsError: a secret is too short to be one.
        """
        secrets = [one.strip() for one in settings.link_secret.split(",") if one.strip()]
        if any(len(secret) < LEAST_SECRET for secret in secrets):
            raise SettingsError(f"WAFA_LINK_SECRET: must have at least {LEAST_SECRET} characters")
        if not secrets or not settings.public_url:
            log.warning("messages have no links", missing="WAFA_LINK_SECRET or WAFA_PUBLIC_URL")
        return cls(settings.public_url.rstrip("/"), tuple(secrets))

    def unsubscribe(self, outreach_id: str) -> str | None:
        """Return the link that ends messages of this kind with one click (RFC 8058), if there are links."""
        return self._link("/u/", Link(UNSUBSCRIBE, outreach_id))

    def answer(self, outreach_id: str, answer: str) -> str | None:
        """Return the link by which a customer gives this answer to an outreach, if there are links."""
        return self._link("/a/", Link(ANSWER, outreach_id, answer))

    def read(self, token: str) -> Link:
        """Return what a token says.

        Raises:
            Forged: it is not one of ours.
        """
        try:
            if not self.secrets or len(token) > LONGEST_TOKEN:
                raise Forged("this is not a link of ours")
            purpose, outreach_id, value = self._serializer().loads(token)
        except (BadData, ValueError, TypeError):
            raise Forged("this is not a link of ours, or it was cut off") from None
        return Link(purpose, outreach_id, value)

    def _link(self, path: str, link: Link) -> str | None:
        if not (self.secrets and self.public_url):
            return None
        return f"{self.public_url}{path}{self._serializer().dumps(link)}"

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(list(self.secrets), salt="wafa.links")

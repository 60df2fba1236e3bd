"""Who gets webhooks in tests: checks signatures by the formula of the specification, with code of its own."""

import base64
import hashlib
import hmac
import time

from tests.integration.notifications.gateways import Call, Gateway


class Subscriber(Gateway):
    """An HTTP server that answers what it is told to, and remembers what it got."""

    def got(self, type: str | None = None) -> list[Call]:
        """Return the calls with events of a type, or all."""
        return [one for one in [*self.calls] if type in (None, one.content["type"])]

    def ids(self) -> list[str]:
        """Return the `webhook-id` of each call, in their order."""
        return [one.headers["webhook-id"] for one in [*self.calls]]


def signed_by(call: Call, secret: str) -> bool:
    """Tell whether one of a call's signatures is of this secret, and the call of this moment."""
    id, timestamp = call.headers["webhook-id"], call.headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([id.encode(), timestamp.encode(), call.body])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(timestamp)) < 300
    return fresh and f"v1,{expected}" in call.headers["webhook-signature"].split(" ")

"""What delivers in the worker's process, whose standard library eventlet has patched."""

from functools import partial

import eventlet

from services.gateway.webhooks.courier import AT_ONCE
from services.gateway.webhooks.posting import LONGEST, Postman
from wafa.runtime.settings import Settings


def postman(settings: Settings) -> Postman:
    """Return who makes the attempts."""
    # A limit on each step is none on the whole, and only the event loop can end what is under way.
    bounded = partial(eventlet.Timeout, LONGEST, TimeoutError)
    return Postman(private=settings.webhook_private, at_once=AT_ONCE, bounded=bounded)

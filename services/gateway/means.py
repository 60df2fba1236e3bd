"""What a process of the gateway works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import current_app

from services.gateway.access.gate import Gate
from services.gateway.asking.questions import Services
from services.gateway.audit.log import Audit
from services.gateway.idempotency.claims import Claims
from services.gateway.publishing import Publishing
from services.gateway.requests.room import Room
from services.gateway.serving.flushing import Flusher
from services.gateway.serving.observing import trace_in_hand
from services.gateway.store import GatewayStore
from services.gateway.stream.ears import Ears
from wafa.runtime.caller import Caller
from wafa.runtime.settings import Settings
from wafa.runtime.tracing import Tracer
from wafa.runtime.webhooks.lookups import Lookups

EXTENSION = "wafa"


@dataclass(frozen=True, slots=True)
class Means:
    """Shared by all threads of the process. `now` returns an aware moment."""

    settings: Settings
    store: GatewayStore
    caller: Caller
    services: Services
    publishing: Publishing
    gate: Gate
    ears: Ears
    now: Callable[[], datetime]
    audit: Audit
    flusher: Flusher
    claims: Claims
    renewing: Flusher
    tracer: Tracer | None = None
    room: Room = field(default_factory=Room)
    lookups: Lookups = field(default_factory=Lookups)


def means() -> Means:
    """Return the means of the application that answers the request in hand."""
    return cast(Means, current_app.extensions[EXTENSION])


def services() -> Services:
    """Return the services that the request in hand may ask, in the trace that it belongs to."""
    traceparent = trace_in_hand()
    return means().services.in_trace(traceparent) if traceparent else means().services

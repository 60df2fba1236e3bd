"""The HTTP application: a table of contents."""

from flask import Flask, Response, request

from services.gateway.documents.api import CONFIG, OurApi, Readable
from services.gateway.means import EXTENSION, Means
from services.gateway.resources.audit import audit
from services.gateway.resources.calls import calls
from services.gateway.resources.campaigns import campaigns
from services.gateway.resources.cases import cases
from services.gateway.resources.customers import customers
from services.gateway.resources.documents import documents
from services.gateway.resources.event_body import describe_events
from services.gateway.resources.events import events
from services.gateway.resources.health import health
from services.gateway.resources.identity import identity
from services.gateway.resources.interactions import interactions
from services.gateway.resources.links import links
from services.gateway.resources.members import members
from services.gateway.resources.outreach import outreach
from services.gateway.resources.own_key import own_key
from services.gateway.resources.rejected import rejected
from services.gateway.resources.segments import segments
from services.gateway.resources.stream import stream
from services.gateway.resources.templates import templates
from services.gateway.resources.webhooks import webhooks
from services.gateway.serving.observing import observe

FAMILIES = (
    customers,
    identity,
    interactions,
    members,
    cases,
    calls,
    events,
    stream,
    campaigns,
    segments,
    templates,
    outreach,
    rejected,
    own_key,
    audit,
    webhooks,
)

#: The largest request body, in bytes.
LARGEST = 8 * 1024 * 1024


def create_app(means: Means) -> Flask:
    """Return the application; `means` is what it works with."""
    app = Flask("wafa", static_folder=None)
    app.config.update(CONFIG, MAX_CONTENT_LENGTH=LARGEST, PROPAGATE_EXCEPTIONS=False)
    app.extensions[EXTENSION] = means
    # A redirect would lead to whatever scheme and host we are asked by, with the key.
    app.url_map.merge_slashes = False
    app.json = Readable(app)
    api = OurApi(app)
    describe_events(api.spec)
    for family in FAMILIES:
        api.register_blueprint(family)
    app.register_blueprint(health)
    app.register_blueprint(links)
    app.register_blueprint(documents)
    app.after_request(_protect)
    observe(app, lambda: app.extensions[EXTENSION].tracer)
    return app


def _protect(response: Response) -> Response:
    """Let what a key is shown be kept by nobody on the way, and nothing be taken for what it is not."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if "Authorization" in request.headers:
        response.headers.setdefault("Cache-Control", "no-store")
    return response

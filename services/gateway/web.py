"""The HTTP application: a table of contents."""

from flask import Flask
from flask_smorest import Api

from services.gateway.means import EXTENSION, Means
from services.gateway.observing import observe
from services.gateway.refusals import answer_in_our_shape
from services.gateway.resources.audit import audit
from services.gateway.resources.customers import customers
from services.gateway.resources.event_body import describe_events
from services.gateway.resources.events import events
from services.gateway.resources.health import health
from services.gateway.resources.own_key import own_key
from services.gateway.resources.stream import stream
from wafa import __version__

FAMILIES = (customers, events, stream, own_key, audit)

#: The largest request body, in bytes.
LARGEST = 8 * 1024 * 1024

_DOCUMENT = {
    "API_TITLE": "Wafa",
    "API_VERSION": __version__,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": "Who comes back, told at the moment it matters."},
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "wafa_prefix_secret"}
            }
        },
    },
}


class OurApi(Api):
    """flask-smorest's, whose errors are told in our own shape."""

    def _register_error_handlers(self) -> None:
        answer_in_our_shape(self._app)


def create_app(means: Means) -> Flask:
    """Return the application; `means` is what it works with."""
    app = Flask("wafa", static_folder=None)
    app.config.update(_DOCUMENT, MAX_CONTENT_LENGTH=LARGEST, PROPAGATE_EXCEPTIONS=False)
    app.extensions[EXTENSION] = means
    api = OurApi(app)
    describe_events(api.spec)
    for family in FAMILIES:
        api.register_blueprint(family)
    app.register_blueprint(health)
    observe(app)
    return app

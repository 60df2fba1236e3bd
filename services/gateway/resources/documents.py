"""The documentation: pages and files, for everybody. Nothing is secret, nothing comes from elsewhere."""

import functools
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, abort, jsonify, request, send_from_directory

from services.gateway.documents import pages
from services.gateway.means import means
from wafa.contracts import asyncapi
from wafa.contracts.catalogue import ALL
from wafa.contracts.jsonschema import json_schema

documents = Blueprint("documents", __name__)

_UI = Path(flask_swagger_ui.__file__).parent / "dist"
#: What the pages load, and where it lies; nothing else is given out.
ASSETS = {
    "docs.css": pages.FOLDER,
    "docs.js": pages.FOLDER,
    "try.js": pages.FOLDER,
    "favicon-32x32.png": _UI,
    "swagger-ui.css": _UI,
    "swagger-ui-bundle.js": _UI,
}
#: Swagger UI has styles within its elements.
_STYLES = "style-src 'self' 'unsafe-inline'"
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; {_STYLES}; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Asked again each time, and answered in a word when nothing has changed.
    "Cache-Control": "no-cache",
}


@documents.after_request
def protect(response: Response) -> Response:
    """Let a page load what is ours, and nothing else."""
    response.headers.update(HEADERS)
    return response


@documents.get("/")
def index() -> str:
    """Say what this is, and how to begin."""
    return pages.index(means().settings.public_url or request.host_url)


@documents.get("/v1/docs")
def trying() -> str:
    """Return the page on which every endpoint can be tried out."""
    return pages.trying()


@documents.get("/v1/docs/events")
def events() -> str:
    """Return the event catalogue."""
    return pages.events()


@documents.get("/v1/docs/assets/<name>")
def asset(name: str) -> Response:
    """Return a file that the pages load."""
    if name not in ASSETS:
        abort(404)
    return send_from_directory(ASSETS[name], name)


@documents.get("/v1/asyncapi.json")
def asyncapi_document() -> Response:
    """Return the event catalogue for tools."""
    return jsonify(_asyncapi())


@documents.get("/v1/schemas")
def schemas() -> Response:
    """Return where the JSON Schema of each type of event is."""
    return jsonify({name: f"/v1/schemas/{name}" for name in ALL})


@documents.get("/v1/schemas/<name>")
def schema(name: str) -> Response:
    """Return the JSON Schema of a type of event."""
    if name not in ALL:
        abort(404)
    response = jsonify(json_schema(name))
    response.mimetype = "application/schema+json"
    return response


@functools.cache
def _asyncapi() -> asyncapi.Node:
    return asyncapi.document()

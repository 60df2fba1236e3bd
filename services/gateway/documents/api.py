"""How the HTTP interface describes itself: flask-smorest's OpenAPI document, made whole."""

import functools
import json
import re
from typing import Any

from flask import Response, current_app
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from services.gateway.door import Door, doors_of
from services.gateway.refusals import ErrorAnswer, answer_in_our_shape
from wafa import __version__

ABOUT = """\
Wafa knows who comes back, and tells it at the moment it matters.

**Keys.** Each request has a key: `Authorization: Bearer wafa_...`. `wafa keys create` makes one, for the
scopes that its holder needs; every endpoint says which it asks for. `RateLimit-Remaining` says how many
requests are left to a key in this minute.

**Errors** have one shape, `{"error": {"code", "message", "details"}}`: `code` is a stable word for machines,
`message` a sentence for people, `details` say where in the request something is wrong. On 429 and 503 wait
for as long as `Retry-After` says, and send the same again.

**Lists** come by the page: what an answer gives as `next` goes into `before` for the next page.

**Doing something once.** A request that changes something may carry an `Idempotency-Key`: sent again with the
same key it has no second effect, and gets the first answer. Events need none: their `id` and `source` tell.

Money is a text and a currency, `{"amount": "29.33", "currency": "USD"}`, times are RFC 3339, texts are UTF-8.
"""

#: Tags in the order in which somebody new needs them; those that are not named here come behind.
ORDER = ("events", "customers", "interactions", "members", "stream")

#: What the parts of addresses are that differ.
PLACES = {
    "customer_id": "any id of the person",
    "case_id": "`case_id` of a complaint",
    "call_id": "`call_id` of the list of calls",
    "sku": "the number of an article",
    "campaign_id": "the name of the campaign, as its file has it",
    "rejection_id": "`id` of an entry",
    "webhook_id": "`id` of the subscription",
}

CONFIG = {
    "API_TITLE": "Wafa",
    "API_VERSION": __version__,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": ABOUT},
        "servers": [{"url": "/"}],
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "wafa_prefix_secret"}
            }
        },
    },
}


class Readable(DefaultJSONProvider):
    """Writes Arabic as it is, and fields in the order in which they are told."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **options: Any) -> str:
        """Return JSON that can be sent in UTF-8, also where somebody's text is half of a character."""
        text: str = super().dumps(obj, **options)
        try:
            text.encode()
        except UnicodeEncodeError:
            return super().dumps(obj, **{**options, "ensure_ascii": True})
        return text


class OurApi(Api):
    """flask-smorest's, whose errors are in our own shape, and all of them declared."""

    ERROR_SCHEMA = ErrorAnswer
    #: Every status that can come is declared. A default would allow any other.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        answer_in_our_shape(self._app)

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The whole document; to be asked for when everything is registered."""
        found: dict[str, Any] = self.spec.to_dict()
        found["tags"].sort(key=lambda tag: ORDER.index(tag["name"]) if tag["name"] in ORDER else len(ORDER))
        # It would describe a header of flask-smorest's own paging, which nothing here uses.
        del found["components"]["schemas"]["PaginationMetadata"]
        for path in found["paths"].values():
            for parameter in path.get("parameters", ()):
                parameter["description"] = PLACES[parameter["name"]]
        for door in doors_of(self._app):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", door.rule)
            _complete(found["paths"][path][door.method.lower()], door)
        return found

    def _openapi_json(self) -> Response:
        return current_app.response_class(self._text, mimetype="application/json")

    @functools.cached_property
    def _text(self) -> str:
        return json.dumps(self.document, ensure_ascii=False)


def _complete(operation: dict[str, Any], door: Door) -> None:
    operation["operationId"] = re.sub(r"[.-]", "_", door.name)
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for status in ("429", "503"):
        if response := operation["responses"].get(status):
            response["headers"] = {"Retry-After": _RETRY_AFTER}


_RETRY_AFTER = {"description": "seconds to wait", "schema": {"type": "integer"}}

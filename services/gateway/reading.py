"""Bodies of requests: JSON, and said so; whatever else comes is refused before anybody looks into it."""

from typing import Any

from flask import Request
from webargs.flaskparser import FlaskParser

from services.gateway.refusals import Refusal


class BodyParser(FlaskParser):
    """webargs' parser, which would take a body in another form for none, and fail at one that is too deep."""

    DEFAULT_VALIDATION_STATUS = 422

    def _raw_load_json(self, req: Request) -> Any:
        if (req.content_length or "Transfer-Encoding" in req.headers) and not req.is_json:
            raise Refusal(415, "unsupported_media_type", "send application/json")
        try:
            return super()._raw_load_json(req)
        except RecursionError:
            raise Refusal(400, "bad_request", "the body is nested too deeply") from None

"""Bodies of requests: JSON, and said so; whatever else comes is refused before anybody looks into it."""

import json
import math
from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError
from webargs.core import missing
from webargs.flaskparser import FlaskParser

from services.gateway.refusals import Refusal


class BodyParser(FlaskParser):
    """webargs' parser, which would take a body in another form for none, and fail at one that is too deep.

    Numbers are those of JSON: Python reads NaN and Infinity too, and fails at thousands of digits.
    """

    DEFAULT_VALIDATION_STATUS = 422

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            if req.content_length or "Transfer-Encoding" in req.headers:
                raise Refusal(415, "unsupported_media_type", "send application/json")
            return missing
        try:
            return json.loads(req.get_data().decode(), parse_float=_finite, parse_constant=_finite)
        except RecursionError:
            raise Refusal(400, "bad_request", "the body is nested too deeply") from None
        except json.JSONDecodeError:
            raise
        except UnicodeDecodeError:
            raise Refusal(400, "bad_request", "the body is not in UTF-8") from None
        except ValueError:
            raise Refusal(400, "bad_request", "the body has a number that is too large, or none") from None

    def _on_validation_error(
        self, error: ValidationError, req: Request, schema: Schema, location: str, **options: Any
    ) -> NoReturn:
        """Tell of a field that nobody knows which ones there are; called by webargs."""
        if isinstance(error.messages, dict):
            unknown = [name for name in error.messages if name not in (*schema.load_fields, "_schema")]
            told = [f"is not expected; there may be {', '.join(schema.load_fields)}"]
            error.messages |= dict.fromkeys(unknown, told)
        super()._on_validation_error(error, req, schema, location, **options)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number

"""The body of the request in hand."""

from flask import request


def whole_body() -> bytes:
    """Return the body, all of it; one that is too long is a 413, whether its length was told or not."""
    body = request.get_data()
    # Werkzeug cuts a body of unknown length where it becomes too long, and says so only to who reads on.
    if request.content_length is None:
        request.stream.read(1)
    return body

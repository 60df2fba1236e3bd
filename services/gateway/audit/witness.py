"""The traces that a request through a door leaves in the audit log."""

from collections.abc import Mapping
from typing import Any

from flask import Response, after_this_request, request

from services.gateway.audit.log import Audit, Who, ids_in, kept_singly
from services.gateway.domain.key import Key
from services.gateway.serving.observing import seen


class Witness:
    """Sees one request through a door, from when its key is known."""

    def __init__(self, audit: Audit, door: str, scope: str, changes: bool, key: Key) -> None:
        known = seen()
        known.key = key.prefix
        self._audit = audit
        self._door = door
        self._singly = kept_singly(scope, changes)
        self._who = Who(key.prefix, key.name, known.request_id, request.remote_addr)
        self._asked: str | None = None
        after_this_request(self._answered)

    def see(self, arguments: Mapping[str, object]) -> None:
        """Take down that the request is going to be fulfilled, where that is worth a row.

        Raises:
            one of `TRANSIENT`: the database is away, and it must not be.
        """
        if self._singly:
            self._asked = self._audit.asked(self._who, self._door, arguments)

    def _answered(self, response: Response) -> Response:
        if self._asked is None:
            self._audit.counted(self._who, self._door, response.status_code)
        else:
            self._audit.answered(
                self._asked, self._who, self._door, response.status_code, ids_in(_content(response))
            )
        return response


def _content(response: Response) -> Any:
    fine = response.status_code < 300 and response.is_json and not response.is_streamed
    return response.get_json(silent=True) if fine else None

"""A screen that shows what the front door streams."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from tests.integration.gateway.conftest import Front
from tests.waiting import eventually


class Screen:
    """Listens with the key of a `Front`; used as a context manager. Waits for at most `timeout` seconds.

    Unless `once`, it comes again while there is no room, as screens do: who has just left still takes some.
    """

    def __init__(
        self, front: Front, types: str, last: str | None = None, timeout: float = 40, *, once: bool = False
    ) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(front.url).netloc, timeout=timeout)
        self._path = f"/v1/stream?types={quote(types)}"
        self._headers = {"Authorization": f"Bearer {front.token}"} | ({"Last-Event-ID": last} if last else {})
        self.answer = self._ask() if once else eventually(self._let_in)

    def _ask(self) -> http.client.HTTPResponse:
        self._connection.request("GET", self._path, headers=self._headers)
        return self._connection.getresponse()

    def _let_in(self) -> http.client.HTTPResponse | None:
        answer = self._ask()
        if answer.status != 503:
            return answer
        answer.read()
        return None

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: Any) -> None:
        self.answer.close()
        self._connection.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield `event`, `id` where there is one, and `data` of what comes; ends with the stream."""
        assert self.answer.status == 200, self.answer.read()
        fields: dict[str, Any] = {}
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name and "event" in fields:
                yield {**fields, "data": json.loads(fields["data"])}
                fields = {}
            elif name in ("id", "event", "data"):
                fields[name] = value

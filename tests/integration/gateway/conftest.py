"""The front door of a whole system, and keys to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.conftest import Isolated, unique_name
from tests.integration.gateway.subscribers import Subscriber
from wafa.runtime.client import Client
from wafa.services import PROCESSES
from wafa.stack import Stack


class Front:
    """Somebody outside, who has a key. `source` is the address that they ask from, any of 127.*."""

    def __init__(self, stack: Stack, token: str = "", source: str = "127.0.0.1") -> None:
        self.stack = stack
        self.token = token
        [self.url] = stack.http_urls("web")
        self._http = urllib3.PoolManager(retries=False, source_address=(source, 0))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """Send a request, `body` as JSON."""
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self._http.request(
            method,
            self.url + path,
            headers=authorization | headers,
            **({} if body is None else {"json": body}),
        )

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.ask("POST", path, body, **headers)

    def holding(self, *scopes: str, **options: Any) -> "Front":
        """The same, with a new key for these scopes; none at all with nothing."""
        with Client(self.stack.amqp_uri) as services:
            made = services.call("gateway", "key_create", f"test {unique_name()}", [*scopes], **options)
        return Front(self.stack, made["token"])


@contextmanager
def opened(stack: Stack) -> Iterator[Front]:
    """Run a stack, and come to its front door with a key that may do everything."""
    with stack:
        yield Front(stack).holding("admin")


@pytest.fixture(scope="package")
def front(isolated: Isolated) -> Iterator[Front]:
    """The front door of a whole system, on a virtual host and databases of this package."""
    with opened(isolated(*PROCESSES, WAFA_HTTP_WORKERS="1", WAFA_WEBHOOK_PRIVATE="true")) as front:
        yield front


@pytest.fixture
def receiver() -> Iterator[Subscriber]:
    """Somebody who takes webhooks."""
    with Subscriber() as receiver:
        yield receiver


@pytest.fixture
def log_folder(front: Front) -> Path:
    return front.stack.log_folder

"""Finding the running system that a command talks to."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import click

from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import load_settings
from wafa.stack import StackError, default_folder, running

#: Seconds that somebody who waits is left without a word.
QUIET = 2.5


def amqp_uri() -> str:
    """Return the broker of the system to talk to: `AMQP_URI` or its file, else that of the stack here.

    Raises:
        StackError: neither is there; the message says how to start one.
        SettingsError: `AMQP_URI` cannot be used, or what it names for TLS.
    """
    if os.environ.get("AMQP_URI") or os.environ.get("AMQP_URI_FILE"):
        return load_settings().amqp_uri
    if stack := running():
        return stack.amqp_uri
    raise StackError(
        f"No system runs in {default_folder()}. Start one with `wafa up`, or set AMQP_URI to its broker."
    )


def call(service: str, method: str, *args: Any, **kwargs: Any) -> Any:
    """Ask a service of the running system once; see `wafa.runtime.client.Client.call`."""
    with client() as services:
        return services.call(service, method, *args, **kwargs)


def client() -> Client:
    """Return a client to the services of the running system."""
    return TellingClient(amqp_uri())


def publisher() -> Publisher:
    """Return a publisher to the running system."""
    return Publisher(amqp_uri(), name="wafa command")


class TellingClient(Client):
    """A client that tells people on standard error what they wait for, once for each service."""

    def __init__(self, uri: str, *, timeout: float = 30) -> None:
        super().__init__(uri, timeout=timeout)
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        """Connect; see `Client`."""
        with self._telling("the broker"):
            return super().__enter__()

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a service; see `Client`."""
        with self._telling(service):
            return super().call(service, method, *args, **kwargs)

    @contextmanager
    def _telling(self, whom: str) -> Iterator[None]:
        context = click.get_current_context(silent=True)
        if whom in self._told or (context and context.params.get("as_json")):
            yield
            return
        timer = threading.Timer(QUIET, self._tell, [whom])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _tell(self, whom: str) -> None:
        self._told.add(whom)
        # Not through a console of ours: a progress bar that is on the screen lets this one pass above it.
        click.echo(f"waiting for {whom} ...", err=True)

"""Finding the running system that a command talks to."""

import os
from typing import Any

import click

from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.stack import StackError, default_folder, running


def amqp_uri() -> str:
    """Return the broker of the system to talk to: `AMQP_URI`, else that of the stack that runs here.

    Raises:
        StackError: neither is there; the message says how to start one.
    """
    if uri := os.environ.get("AMQP_URI"):
        return uri
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
    return Client(amqp_uri())


def publisher() -> Publisher:
    """Return a publisher to the running system."""
    return Publisher(amqp_uri(), name="wafa command")


def find_customer(
    services: Client,
    customer_id: str | None = None,
    *,
    email: str | None = None,
    phone: str | None = None,
    external: tuple[str, str] | None = None,
) -> dict[str, Any] | None:
    """Return the customer of that id or identifier, `None` when there is none.

    Raises:
        click.UsageError: what was given cannot be an identifier.
    """
    found: dict[str, Any] | None
    if customer_id is not None:
        found = services.call("customers", "get", customer_id)
    else:
        system, id = external or (None, None)
        found = services.call("customers", "lookup", email=email, phone=phone, system=system, id=id)
    if found and (problem := found.get("error")):
        raise click.UsageError(f"{problem['path']}: {problem['message']}")
    return found

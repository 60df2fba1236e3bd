"""Calls to other services: by the batch, with a deadline, and with errors that say what to do.

`Remote` is for services; `Client` is for tools that run outside of nameko.
"""

from typing import Any, Self

import amqp
import eventlet
from nameko.exceptions import RemoteError, RpcTimeout, UnknownService
from nameko.rpc import ReplyListener, RpcProxy, ServiceProxy
from nameko.standalone.rpc import ClusterRpcProxy

from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.providers import SETTINGS
from wafa.runtime.transient import TRANSIENT

class Remote(RpcProxy):
    """Gives a service `remote.method(...)` of another one; no answer in time raises `RemoteUnavailable`."""

    rpc_reply_listener = ReplyListener()

    def get_dependency(self, worker_ctx: Any) -> "RemoteService":
        """Return the callable service."""
        deadline = self.container.config[SETTINGS].rpc_timeout
        # A request that nobody has taken by then is answered to nobody: let the broker drop it.
        proxy = ServiceProxy(worker_ctx, self.target_service, self.rpc_reply_listener, expiration=deadline)
        return RemoteService(proxy, self.target_service, deadline)


class RemoteService:
    """The methods of another service, each with the deadline (in seconds)."""

    def __init__(self, proxy: Any, name: str, deadline: float) -> None:
        self._proxy = proxy
        self._name = name
        self._deadline = deadline

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                with eventlet.Timeout(self._deadline, RemoteUnavailable(f"{self._name}.{method}: no answer in time")):
                    return getattr(self._proxy, method)(*args, **kwargs)
            except UnknownService as error:
                raise RemoteUnavailable(f"{self._name} has never been started here") from error
            except RemoteError as error:
                raise _understood(self._name, method, error) from error

        return call


class Client:
    """Calls to services from outside of nameko, over one connection; a context manager."""

    def __init__(self, uri: str, *, timeout: float = 30) -> None:
        self._cluster = ClusterRpcProxy({"AMQP_URI": uri, "serializer": "json"}, timeout=timeout)
        self._services: Any = None

    def __enter__(self) -> Self:
        """Connect. Raises `RemoteUnavailable` when the broker cannot be reached."""
        try:
            self._services = self._cluster.start()
        except (OSError, amqp.exceptions.AMQPError) as error:
            raise RemoteUnavailable(f"the broker cannot be reached: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._cluster.stop()

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a service and return its answer.

        Raises:
            RemoteUnavailable: no answer in time, or something that the service needs is away.
        """
        try:
            return getattr(getattr(self._services, service), method)(*args, **kwargs)
        except (RpcTimeout, UnknownService, OSError) as error:
            raise RemoteUnavailable(f"{service} does not answer") from error
        except RemoteError as error:
            raise _understood(service, method, error) from error


def _understood(service: str, method: str, error: RemoteError) -> Exception:
    """Return what a remote error means here: nameko carries its class only by name."""
    if error.exc_type in {name for away in TRANSIENT for name in _family(away)}:
        return RemoteUnavailable(f"{service}.{method}: {error}")
    return error


def _family(error: type[BaseException]) -> set[str]:
    return {error.__name__}.union(*(_family(child) for child in error.__subclasses__()))

"""Calls to other services: by the batch, with a deadline, and with errors that say what to do.

`Remote` is for services; `call` is for tools that run outside of nameko.
"""

from typing import Any

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


def call(uri: str, service: str, method: str, *args: Any, timeout: float = 10, **kwargs: Any) -> Any:
    """Call a service from outside and return its answer.

    Raises:
        RemoteUnavailable: it did not answer within `timeout` seconds, or something that it needs is away.
    """
    try:
        with ClusterRpcProxy({"AMQP_URI": uri, "serializer": "json"}, timeout=timeout) as cluster:
            return getattr(getattr(cluster, service), method)(*args, **kwargs)
    except (RpcTimeout, UnknownService, OSError) as error:
        raise RemoteUnavailable(f"{service} does not answer at the broker given by AMQP_URI") from error
    except RemoteError as error:
        raise _understood(service, method, error) from error


def _understood(service: str, method: str, error: RemoteError) -> Exception:
    """Return what a remote error means here: nameko carries its class only by name."""
    if error.exc_type in {name for away in TRANSIENT for name in _family(away)}:
        return RemoteUnavailable(f"{service}.{method}: {error}")
    return error


def _family(error: type[BaseException]) -> set[str]:
    return {error.__name__}.union(*(_family(child) for child in error.__subclasses__()))

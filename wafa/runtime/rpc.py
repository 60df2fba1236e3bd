"""Calls from service to service: by the batch, with a deadline, and with errors that say what to do."""

from typing import Any

import eventlet
import kombu.exceptions
from nameko.exceptions import RemoteError, UnknownService
from nameko.rpc import ReplyListener, RpcProxy, ServiceProxy

from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.providers import SETTINGS
from wafa.runtime.transient import is_transient_name


class Remote(RpcProxy):
    """Gives a service `remote.method(...)` of another one; no answer in time raises `RemoteUnavailable`."""

    rpc_reply_listener = ReplyListener()

    def get_dependency(self, worker_ctx: Any) -> "RemoteService":
        """Return the callable service."""
        deadline = self.container.config[SETTINGS].rpc_timeout
        # Nobody waits for the answer to a request that is taken later than this.
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
                with eventlet.Timeout(
                    self._deadline, RemoteUnavailable(f"{self._name}.{method}: no answer in time")
                ):
                    return getattr(self._proxy, method)(*args, **kwargs)
            except kombu.exceptions.OperationalError as error:
                raise RemoteUnavailable(f"{self._name}.{method}: the broker is away") from error
            except UnknownService as error:
                raise RemoteUnavailable(f"{self._name} has never been started here") from error
            except RemoteError as error:
                # nameko carries the class of an error only by its name.
                if is_transient_name(error.exc_type):
                    raise RemoteUnavailable(f"{self._name}.{method}: {error}") from error
                raise

        return call

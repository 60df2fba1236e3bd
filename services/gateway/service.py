"""The gateway's worker: a table of contents. What answers HTTP is in `web`."""

from services.gateway.keys import PER_MINUTE, Keys
from services.gateway.store import GatewayStore
from wafa.runtime.clock import now
from wafa.runtime.providers import MongoStore
from wafa.runtime.rpc import rpc


class GatewayService:
    """Keeps the keys that open the front door."""

    name = "gateway"
    store = MongoStore(GatewayStore)

    @rpc
    def key_create(self, name, scopes, sources=(), types=(), per_minute=PER_MINUTE, days=None):
        """Make a key; its token is in the answer, and nowhere else."""
        keys = Keys(self.store, now())
        return keys.create(name, scopes, sources=sources, types=types, per_minute=per_minute, days=days)

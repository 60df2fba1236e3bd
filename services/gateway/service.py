"""The gateway's worker: a table of contents. What answers HTTP is in `web`."""

from services.gateway.audit import Audit
from services.gateway.domain.scopes import ROLES, SCOPES
from services.gateway.keys import OVERLAP_HOURS, PER_MINUTE, Keys, Unknown
from services.gateway.store import GatewayStore
from wafa.runtime.clock import now
from wafa.runtime.providers import MongoStore
from wafa.runtime.rpc import rpc


class GatewayService:
    """Keeps the keys that open the front door."""

    name = "gateway"
    store = MongoStore(GatewayStore)

    @rpc
    def key_create(self, name, scopes, sources=(), types=(), per_minute=PER_MINUTE, days=None, by=""):
        """Make a key; its token is in the answer, and nowhere else."""
        return self._keys(by).create(
            name, scopes, sources=sources, types=types, per_minute=per_minute, days=days
        )

    @rpc
    def key_list(self):
        """Return all keys."""
        return {"keys": self._keys().listed()}

    @rpc
    def key_show(self, prefix):
        """Return a key."""
        return _told(self._keys().show, prefix)

    @rpc
    def key_revoke(self, prefix, by=""):
        """Let a key count no more."""
        return _told(self._keys(by).revoke, prefix)

    @rpc
    def key_rotate(self, prefix, overlap_hours=OVERLAP_HOURS, by=""):
        """Make a key with the rights of another one, which expires after the overlap."""
        return _told(self._keys(by).rotate, prefix, overlap_hours)

    @rpc
    def key_scopes(self):
        """Return what keys may be allowed to do, and the sets of that which have a name."""
        return {"scopes": SCOPES, "roles": ROLES}

    def _keys(self, by=""):
        return Keys(self.store, Audit(self.store, now), now(), by)


def _told(command, *arguments):
    try:
        return command(*arguments)
    except Unknown as error:
        return {"error": {"reason": error.reason, "path": "prefix", "message": str(error)}}

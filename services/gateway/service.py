"""The gateway's worker: a table of contents. What answers HTTP is in `web`."""

from services.gateway.access.keys import OVERLAP_HOURS, Keys, Unknown
from services.gateway.access.rights import PER_MINUTE
from services.gateway.audit.log import Audit
from services.gateway.domain.scopes import ROLES, SCOPES
from services.gateway.store import GatewayStore
from services.gateway.webhooks.courier import Courier
from services.gateway.webhooks.holding import pause_unheld
from services.gateway.webhooks.taking_in import QUEUE, take_in, wanted
from services.gateway.webhooks.wiring import postman
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import INTERNAL_BYTES
from wafa.runtime.heeding import consume_wanted
from wafa.runtime.providers import EventPublisher, FromSettings, MongoStore
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every, unceasing


class GatewayService:
    """Keeps the keys that open the front door, and delivers events to those who have subscribed."""

    name = "gateway"
    store = MongoStore(GatewayStore)
    publish = EventPublisher()
    postman = FromSettings(postman)

    @consume_wanted(QUEUE, wanted, max_bytes=INTERNAL_BYTES, forwarding=True)
    def take_in(self, events):
        """Keep events for those who have subscribed."""
        take_in(events, self.store, self.publish, now())

    @unceasing
    def deliver(self, stopping):
        """Deliver what is due."""
        Courier(self.store, self.postman, now).work(stopping)

    @every(seconds=10)
    def pause_unheld(self):
        """Let nothing go on being told to whoever's key counts no more."""
        pause_unheld(self.store, now())

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

"""The loyalty service: a table of contents."""

from services.loyalty import handlers, history, insights, lacking, queries, rebuilding, redeeming, sweeping
from services.loyalty.in_force import InForce
from services.loyalty.program_file import load_program
from services.loyalty.store import LoyaltyStore
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import INTERNAL_BYTES, consume
from wafa.runtime.providers import EventPublisher, FromSettings, MongoStore
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every


class LoyaltyService:
    """Keeps the ledger and the members, sees who comes back and who is due."""

    name = "loyalty"
    store = MongoStore(LoyaltyStore)
    publish = EventPublisher()
    rules = FromSettings(lambda settings: InForce(load_program(settings.loyalty_program)))

    @property
    def program(self):
        """The program, with the model that is active."""
        return self.rules.program(self.store.models.active)

    @consume("wafa.loyalty", max_bytes=INTERNAL_BYTES)
    def take_in(self, events):
        """Bring purchases and returns into the ledger, merges, their undoing and erasures into effect."""
        return handlers.take_in(events, self.store, self.publish, self.program, now())

    @every(seconds=1)
    def wake(self):
        """See members anew for whom time has changed something."""
        handlers.wake(self.store, self.publish, self.program, now())

    @every(seconds=5)
    def sweep(self):
        """Settle what a worker that died has left pending."""
        sweeping.sweep(self.store, self.publish, now())

    @rpc
    def redeem(self, customer_id, redemption_id, points):
        """Spend points of a member, once for each redemption id, and return the member."""
        refused = redeeming.redeem(
            customer_id, redemption_id, points, self.store, self.publish, self.program, now()
        )
        return refused or queries.member(self.store, self.program, customer_id, now())

    @rpc
    def rebuild(self, after=None, limit=500, repair=False):
        """Fold a page of members anew; compare, or put right."""
        return rebuilding.rebuild_page(after, limit, repair, self.store, self.publish, self.program, now())

    @rpc
    def member(self, customer_id, as_of=None, categories=False):
        """Return a member as of now, or as it was at a moment or at the end of a day."""
        return queries.member(self.store, self.program, customer_id, now(), as_of, categories)

    @rpc
    def ledger(self, customer_id, before=None, limit=50):
        """Return a page of the ledger of a customer, entry by entry."""
        return queries.ledger(self.store, self.program, customer_id, now(), before, limit)

    @rpc
    def recommendations(self, customer_id, limit=5):
        """Return what to offer a member, and why."""
        return queries.recommendations(self.store, self.program, customer_id, now(), limit)

    @rpc
    def alternatives(self, sku, limit=5):
        """Return what to offer instead of an article."""
        return queries.alternatives(self.store, self.program, sku, limit)

    @rpc
    def members(self, after=None, limit=500):
        """Return a page of members."""
        return queries.members(self.store, after, limit)

    @rpc
    def history(self, after=None, limit=500):
        """Return a page of what others were told of members."""
        return history.history(self.store, after, limit)

    @rpc
    def lacking(self, events):
        """Return which of these recorded interactions belong in the ledger and are not in it."""
        return lacking.lacking(self.store, self.program, events)

    @rpc
    def insights(self, after=None, limit=500):
        """Return counts of how the members of a page come back."""
        return insights.insights(self.store, self.program, now(), after, limit)

    @rpc
    def summary(self):
        """Return the totals over all members."""
        return queries.summary(self.store, self.program)

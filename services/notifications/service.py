"""The notifications service: a table of contents."""

from services.notifications import handlers, queries, segments
from services.notifications.delivery import Delivery
from services.notifications.sending import Outbox, measure_pending
from services.notifications.store import NotificationsStore
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import INTERNAL_BYTES, consume
from wafa.runtime.providers import EventPublisher, FromSettings, MongoStore
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every


class NotificationsService:
    """Contacts customers, and can say of each why it did or did not."""

    name = "notifications"
    store = MongoStore(NotificationsStore)
    publish = EventPublisher()
    delivery = FromSettings(Delivery.from_settings)

    @consume("wafa.notifications", max_bytes=INTERNAL_BYTES)
    def take_in(self, events):
        """Learn about customers, and plan messages to them."""
        return handlers.take_in(events, self.store, self.publish, now=now())

    @every(seconds=1)
    def send(self):
        """Send what is due."""
        Outbox(self.store, self.publish, self.delivery, now).send_due()

    @every(seconds=5)
    def measure(self):
        """Say how long the oldest unfinished message has waited."""
        measure_pending(self.store, now())

    @rpc
    def audience(self, customer_id):
        """Return what is known of a customer."""
        return queries.audience(self.store, customer_id)

    @rpc
    def outreach(self, customer_id=None, campaign=None, before=None, limit=50):
        """Return messages to a customer or of a campaign, each with its decision."""
        return queries.outreach(
            self.store, customer_id=customer_id, campaign=campaign, before=before, limit=limit
        )

    @rpc
    def counts(self, campaign=None):
        """Return how many messages there are in each state, and for each reason."""
        return queries.counts(self.store, campaign)

    @rpc
    def segments(self):
        """Return the predefined segments, and the traits that rules may name."""
        return segments.segments()

    @rpc
    def segment_count(self, rule):
        """Return how many customers are in a segment now."""
        return segments.segment_count(self.store, rule, now())

    @rpc
    def segment_sample(self, rule, limit=10):
        """Return some customers of a segment, with their traits."""
        return segments.segment_sample(self.store, rule, limit, now())

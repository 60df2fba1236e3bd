"""The interactions service: a table of contents."""

from services.interactions import caseview, casework, handlers, history, queries, rejections, retelling
from services.interactions.means import Means
from services.interactions.store import InteractionStore
from wafa.runtime.aside import aside
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import consume
from wafa.runtime.providers import EventPublisher, MessageSender, MongoStore
from wafa.runtime.rpc import Remote, rpc
from wafa.runtime.timing import every
from wafa.runtime.topology import QUARANTINE


class InteractionsService:
    """Records what happens with customers, and keeps what could not be recorded."""

    name = "interactions"
    store = MongoStore(InteractionStore)
    publish = EventPublisher()
    send = MessageSender()
    customers = Remote("customers")

    @consume(handlers.QUEUE)
    def record(self, events):
        """Record what happened with customers, and learn who turned out to be whom."""
        return handlers.take_in(handlers.QUEUE, events, self._means())

    @consume(QUARANTINE, checked=False, last_resort=True, max_bytes=16 * 1024 * 1024, size=20)
    def quarantine(self, events):
        """Keep what any service has refused, and forget who is to be forgotten."""
        return handlers.take_in(QUARANTINE, events, self._means())

    @every(seconds=15)
    def measure(self):
        """Say how many events are in quarantine."""
        rejections.measure(self.store)

    @rpc
    def timeline(self, customer_id, before=None, limit=50):
        """Return a page of a customer's interactions."""
        return queries.timeline(self.store, customer_id, before, limit)

    @rpc
    def card(self, customer_id):
        """Return what staff should know from past interactions."""
        return queries.card(self.store, customer_id, now())

    @rpc
    def cases(self, status="open", assignee=None, before=None, limit=50, unassigned=False):
        """Return a page of complaints: open ones from the oldest on, or resolved ones from the newest on."""
        return caseview.cases(
            self.store, status, assignee, before, limit, now(), unassigned=unassigned is True
        )

    @rpc
    def case(self, case_id):
        """Return a complaint with all that was heard of it."""
        return caseview.case(self.store, case_id, now())

    @rpc
    def case_assign(self, case_id, assignee, unless_assigned=False):
        """Put somebody in charge of an open complaint, or nobody."""
        taken = unless_assigned is True
        return casework.assign(self.store, case_id, assignee, now(), unless_assigned=taken)

    @rpc
    def case_resolve(self, case_id, resolution, agent):
        """Publish that a complaint is settled."""
        return casework.resolve(self.store, self.publish, case_id, resolution, agent, now())

    @rpc
    def history(self, after=None, limit=500):
        """Return a page of what others were told of interactions."""
        return history.history(self.store, after, limit)

    @rpc
    def retell(self, after=None, limit=500):
        """Tell loyalty again of a page of interactions."""
        return retelling.retell(self.store, self.send, after, limit)

    @rpc
    def totals(self):
        """Return the number of records and their money."""
        return queries.totals(self.store)

    @rpc
    def rejected(self, status=None, reason=None, limit=100, before=None):
        """Return what is in quarantine."""
        return queries.rejected(self.store, status, reason, limit, before)

    @rpc
    def rejected_entry(self, rejection_id):
        """Return one quarantine entry, with the refused bytes."""
        return queries.rejected_entry(self.store, rejection_id)

    @rpc
    def replay(self, rejection_id, corrected=None):
        """Publish a quarantined event again, as it was or corrected."""
        return rejections.replay(rejection_id, corrected, self.store, self.publish, now())

    def _means(self):
        customers = self.customers
        return Means(self.store, self.publish, customers.resolve, customers.erased, now(), aside)

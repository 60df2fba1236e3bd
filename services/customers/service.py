"""The customers service: a table of contents."""

from services.customers import again, handlers, history, queries, sweeping
from services.customers.changing import Changing
from services.customers.commands import Commands
from services.customers.store import CustomerStore
from wafa.runtime.clock import now
from wafa.runtime.entrypoint import consume
from wafa.runtime.providers import EventPublisher, MessageSender, MongoStore
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every


class CustomersService:
    """Knows who somebody is, what is known about them, and what they agreed to."""

    name = "customers"
    store = MongoStore(CustomerStore)
    publish = EventPublisher()
    send = MessageSender()

    @consume("wafa.customers")
    def take_in(self, events):
        """Take in what events say about customers."""
        return handlers.take_in(events, self.store, self.publish, now())

    @rpc
    def resolve(self, references):
        """Say who is meant by each reference of a batch."""
        return handlers.resolve(references, self.store, self.publish, now())

    @every(seconds=5)
    def sweep(self):
        """Finish what a worker that died has left, and say how old the oldest of it is."""
        sweeping.sweep(self.store, self.publish, self._changing(), now())

    @every(seconds=2)
    def erase_again(self):
        """Erase whom a restore has brought back."""
        again.erase_again(self.store, self._commands())

    @rpc
    def to_erase_again(self):
        """Return how many erasures are still to be made again."""
        return self.store.count_to_erase_again()

    @rpc
    def retell(self, after=None, limit=500):
        """Publish again, of a page of customers, who became whom and who was erased."""
        return again.retell(self.store, self.publish, after, limit)

    @rpc
    def merge(self, from_id, into_id, dry_run=False, force=False):
        """Make a customer another name of another one."""
        return self._commands().merge(from_id, into_id, dry_run=dry_run, force=force)

    @rpc
    def unmerge(self, from_id, dry_run=False):
        """Undo a merge."""
        return self._commands().unmerge(from_id, dry_run=dry_run)

    @rpc
    def erase(self, customer_id, dry_run=False):
        """Erase a person, with all their aliases."""
        return self._commands().erase(customer_id, dry_run=dry_run)

    @rpc
    def changes(self, change_id=None, customer_id=None, limit=50, before=None):
        """Return merges, un-merges and erasures with their receipts."""
        return queries.changes(self.store, change_id, customer_id, limit, before)

    @rpc
    def erased(self, references):
        """Tell of each reference of a batch whether it means somebody who was erased."""
        return queries.erased(self.store, references)

    @rpc
    def dossier(self, customer_id):
        """Return everything that is known here of a person."""
        return queries.dossier(self.store, customer_id)

    @rpc
    def history(self, after=None, limit=500):
        """Return a page of what others were told of customers."""
        return history.history(self.store, after, limit)

    @rpc
    def get(self, customer_id):
        """Return a customer's snapshot."""
        return queries.get(self.store, customer_id)

    @rpc
    def lookup(self, email=None, phone=None, country=None, system=None, id=None):
        """Return the snapshot of who holds an identifier."""
        return queries.lookup(self.store, email=email, phone=phone, country=country, system=system, id=id)

    def _commands(self):
        return Commands(self.store, self._changing(), now())

    def _changing(self):
        return Changing(self.store, self.publish, self.send, now())

"""Notifications, one event at a time. Nothing is sent: mail is not on the way to the ledger."""

from nameko.messaging import consume

from benchmarks.stock.ground import Collections, queue
from services.notifications.handlers import take_in
from services.notifications.store import NotificationsStore
from wafa.runtime.clock import now


class StockNotifications:
    """Keeps the audience, and plans a message to whoever is recognised."""

    name = "notifications"
    database = Collections("notifications", NotificationsStore)

    @consume(queue("wafa.notifications"))
    def take_in(self, event):
        take_in([event], NotificationsStore(self.database), lambda events: None, now=now())

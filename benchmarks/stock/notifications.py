"""Notifications, one event at a time. Nothing is sent: mail is not on the way to the ledger."""

from nameko.messaging import consume

from benchmarks import single
from benchmarks.stock.ground import Collections, queue
from benchmarks.stock.loyalty import save
from services.notifications.store import NotificationsStore
from wafa.runtime.providers import FromSettings


class StockNotifications:
    """Keeps the audience, and plans a message to whoever is recognised."""

    name = "notifications"
    database = Collections("notifications", NotificationsStore)
    campaigns = FromSettings(single.campaigns)

    @consume(queue("wafa.notifications"))
    def take_in(self, event):
        learn(event, self.database["audience"])
        if rows := single.planned(event, self.campaigns):
            self.database["outreach"].insert_many(rows)


def learn(event, audience):
    """Bring an event into the audience entry of its customer."""
    if customer_id := single.whom(event):
        while True:
            entry = single.learnt(audience.find_one({"_id": customer_id}), event)
            if entry is None or save(entry, audience):
                return

"""Notifications: the audience, and a message to whoever is recognised. Nothing is sent."""

from benchmarks import single
from benchmarks.aio.ground import Publish, consume, database, save
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event
from wafa.runtime.settings import Settings


async def run(settings: Settings) -> None:
    """Learn about customers for ever."""
    campaigns = single.campaigns(settings)
    of_notifications = database(settings, "notifications", NotificationsStore)
    audience, outreach = of_notifications["audience"], of_notifications["outreach"]

    async def take_in(event: Event, publish: Publish) -> None:
        if customer_id := single.whom(event):
            while True:
                before = await audience.find_one({"_id": customer_id})
                entry = single.learnt(before, event)
                if entry is None or await save(entry, audience):
                    break
        if rows := single.planned(event, campaigns):
            await outreach.insert_many(rows)

    await consume(settings, "wafa.notifications", take_in)

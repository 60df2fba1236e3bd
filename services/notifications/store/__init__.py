"""What notifications keeps, and the only place here that knows MongoDB: each module is a part of it."""

from services.notifications.store.calls import Calls
from services.notifications.store.campaigns import Campaigns
from services.notifications.store.measures import Measures
from services.notifications.store.messages import Messages
from services.notifications.store.people import People
from services.notifications.store.previews import Previews
from services.notifications.store.rates import Rates
from services.notifications.store.rebuilds import Rebuilds
from services.notifications.store.segments import Segments


class NotificationsStore(Calls, Campaigns, Measures, Previews, Messages, People, Rates, Rebuilds, Segments):
    """All parts, over one database: each has its own collections and adds their indexes."""


__all__ = ["NotificationsStore"]

from collections.abc import Iterator

import pytest
from pymongo.database import Database

from services.notifications.delivery import Delivery
from services.notifications.channels.mail import Sender
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.store import NotificationsStore
from tests.integration.notifications.parts import Notifications, PostOffice
from wafa.runtime.settings import DEFAULT_PROGRAM


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    office.open()
    yield office
    office.close()


@pytest.fixture
def notifications(database: Database, post_office: PostOffice) -> Iterator[Notifications]:
    store = NotificationsStore(database)
    store.create_indexes()
    mailer = Mailer(Server("127.0.0.1", post_office.port), timeout=5)
    sender = Sender("Bayt Coffee", "care@bayt.example")
    yield Notifications(store, Delivery(mailer, sender, Renderer(titles_of(DEFAULT_PROGRAM))))
    mailer.close()

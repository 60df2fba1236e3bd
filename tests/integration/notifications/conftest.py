from collections.abc import Iterator

import pytest
from pymongo.database import Database

from services.notifications.channels.email import Email
from services.notifications.channels.mail import Sender
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.replies.links import Links
from services.notifications.sending.delivery import Delivery
from services.notifications.store import NotificationsStore
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from tests.integration.notifications.gateways import Gateway
from tests.integration.notifications.parts import Notifications, PostOffice
from wafa.runtime.settings import DEFAULT_PROGRAM
from wafa.stack.ports import LOOPBACK


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    office.open()
    yield office
    office.close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Who passes on text messages."""
    with Gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(titles_of(DEFAULT_PROGRAM))
    yield renderer
    renderer.close()


@pytest.fixture
def notifications(database: Database, post_office: PostOffice, renderer: Renderer) -> Iterator[Notifications]:
    store = NotificationsStore(database)
    store.create_indexes()
    mailer = Mailer(Server(LOOPBACK, post_office.port), timeout=30)
    sender = Sender("Bayt Coffee", "care@bayt.example")
    links = Links("https://wafa.example", ["a secret of at least 32 characters"])
    yield Notifications(store, Delivery({"email": Email(mailer, sender)}, sender, renderer, links))
    mailer.close()

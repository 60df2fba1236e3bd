import pytest
from pymongo.database import Database

from services.interactions.store import InteractionStore
from tests.integration.interactions.parts import Interactions


@pytest.fixture
def interactions(database: Database) -> Interactions:
    store = InteractionStore(database)
    store.create_indexes()
    store.create_indexes()
    return Interactions(store)

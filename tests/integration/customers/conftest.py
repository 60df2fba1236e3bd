"""A store on an empty database, and a broker that keeps what it is given."""

import pytest
from pymongo.database import Database

from services.customers.store import CustomerStore
from tests.integration.customers.parts import Broker


@pytest.fixture
def store(database: Database) -> CustomerStore:
    store = CustomerStore(database)
    store.create_indexes()
    return store


@pytest.fixture
def broker() -> Broker:
    return Broker()

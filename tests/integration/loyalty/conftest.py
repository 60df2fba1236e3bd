"""Loyalty's store on a real database."""

import pytest
from pymongo.database import Database

from services.loyalty.domain.program import Program
from services.loyalty.program_file import load_program
from services.loyalty.store import LoyaltyStore
from wafa.runtime.settings import DEFAULT_PROGRAM


@pytest.fixture
def store(database: Database) -> LoyaltyStore:
    store = LoyaltyStore(database)
    store.create_indexes()
    store.create_indexes()
    return store


@pytest.fixture(scope="module")
def program() -> Program:
    return load_program(DEFAULT_PROGRAM)

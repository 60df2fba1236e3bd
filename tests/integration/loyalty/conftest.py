"""Loyalty's store on a real database."""

from dataclasses import replace

import pytest
from pymongo.database import Database

from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.domain.outlook.rhythm import RhythmPriors
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
    """The program of the shop. Nobody is expected as others are: who came after 9 days is due after 9."""
    return replace(load_program(DEFAULT_PROGRAM), model=replace(PRIORS, rhythm=RhythmPriors(1.4, 0, 1, 4)))

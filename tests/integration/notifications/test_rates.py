"""A channel's rate holds over all senders: it is kept in the database.

On the stand-in that everybody has, two who find and modify a document at once are told the same of it. So it
is tried there as well.
"""

import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from services.notifications.domain.rates import Limit, grant, microseconds, moment
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import NOON
from wafa.stack import Stack, mongodb
from wafa.stack.mongodb import Program


@pytest.fixture(scope="module")
def embedded_uri(infrastructure: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database that comes with the development requirements, whatever else is on this machine."""
    program = Program("secantusd-py", Path(sys.executable).parent / "secantusd-py")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mongodb, "find_program", lambda: program)
        patched.delenv("MONGODB_URI", raising=False)
        folder = tmp_path_factory.mktemp("embedded")
        with Stack(folder, services=[], amqp_uri=infrastructure.amqp_uri) as stack:
            yield stack.mongodb_uri


@pytest.fixture(params=["mongodb_uri", "embedded_uri"])
def store(request: pytest.FixtureRequest) -> Iterator[NotificationsStore]:
    uri: str = request.getfixturevalue(request.param)
    name = f"t{uuid.uuid4().hex[:12]}"
    with MongoClient(uri, tz_aware=True) as client:
        yield NotificationsStore(client[name])
        client.drop_database(name)


def test_what_one_sender_got_another_does_not_get(store: NotificationsStore) -> None:
    assert store.grant("sms", 20, 15, NOON)[0] == 15
    granted, again = store.grant("sms", 20, 15, NOON)
    assert (granted, again) == (5, NOON + timedelta(milliseconds=50))
    assert store.grant("sms", 20, 15, again)[0] == 1


def test_channels_are_apart(store: NotificationsStore) -> None:
    assert store.grant("sms", 20, 20, NOON)[0] == 20
    assert store.grant("whatsapp", 20, 20, NOON)[0] == 20


def test_senders_who_begin_at_once_share_one_rate(store: NotificationsStore) -> None:
    with ThreadPoolExecutor(8) as senders:
        got = senders.map(lambda _: store.grant("sms", 100, 30, NOON)[0], range(8))
    assert sum(got) == 100


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.floats(0.01, 3000),
    st.lists(st.tuples(st.integers(-5_000_000, 5_000_000), st.integers(0, 300)), min_size=1, max_size=5),
)
def test_what_is_kept_is_what_the_domain_came_to(
    store: NotificationsStore, rate: float, asked: list[tuple[int, int]]
) -> None:
    store._rates.delete_many({})
    full_at, limit = None, Limit.of(rate)
    for after, wanted in asked:
        now = NOON + timedelta(microseconds=after)
        expected = grant(limit, full_at, wanted, microseconds(now))
        assert store.grant("sms", rate, wanted, now) == (expected.messages, moment(expected.next_at))
        full_at = expected.full_at
        assert store._rates.find_one({})["full_at"] == full_at

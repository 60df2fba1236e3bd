"""Who comes in, how often, and what is known of keys while the database is away."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from services.gateway.access.gate import (
    LOOKUPS_OF_ONE,
    LOOKUPS_PER_MINUTE,
    STRANGERS_PER_MINUTE,
    Gate,
    neighbourhood,
)
from services.gateway.access.keyring import AT_MOST, FRESH, MOST, Keyring
from services.gateway.access.tally import PROBES, SLOTS, Tally
from services.gateway.domain.key import Key, digest, token
from services.gateway.refusals import Refusal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "s" * 43


class Clock:
    """Seconds that only this test lets pass."""

    def __init__(self) -> None:
        self.seconds = 600_000.0

    def __call__(self) -> float:
        return self.seconds

    def moment(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds - 600_000)


class Database:
    """Keys; `away` makes it fail after so many seconds."""

    def __init__(self, clock: Clock, *prefixes: str) -> None:
        self.clock = clock
        self.kept = {one: key(one) for one in prefixes}
        self.away: float | None = None
        self.asked: list[str] = []
        self.used: list[dict[str, datetime]] = []

    def key(self, prefix: str) -> Key | None:
        self.asked.append(prefix)
        self._perhaps_fail()
        return self.kept.get(prefix)

    def use_keys(self, used: Mapping[str, datetime]) -> None:
        self._perhaps_fail()
        self.used.append(dict(used))

    def _perhaps_fail(self) -> None:
        if self.away is not None:
            self.clock.seconds += self.away
            raise ServerSelectionTimeoutError("nobody there")


def key(prefix: str, **changes: Any) -> Key:
    made: dict[str, Any] = {
        "prefix": prefix,
        "name": prefix,
        "digest": digest(SECRET),
        "scopes": frozenset({"events:write"}),
        "per_minute": 10,
        "created_at": NOW,
    }
    return Key(**(made | changes))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(clock: Clock) -> Database:
    return Database(clock, "k3x9v2q7")


@pytest.fixture
def ring(database: Database, clock: Clock) -> Keyring:
    return Keyring(database, clock.moment, clock)


@pytest.fixture
def tally(clock: Clock) -> Iterator[Tally]:
    with closing(Tally(clock)) as table:
        yield table


@pytest.fixture
def gate(ring: Keyring, tally: Tally) -> Gate:
    return Gate(ring, tally)


TOKEN = token("k3x9v2q7", SECRET)


def refusal(gate: Gate, authorization: str | None, address: str = "192.0.2.1") -> Refusal:
    with pytest.raises(Refusal) as caught:
        gate.recognise(authorization, address)
    return caught.value


def revoke(database: Database, clock: Clock) -> None:
    database.kept["k3x9v2q7"] = key("k3x9v2q7", revoked_at=clock.moment())


def test_a_revoked_key_is_refused_when_what_is_known_is_no_longer_fresh(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    assert ring.find(TOKEN)
    revoke(database, clock)
    clock.seconds += FRESH
    assert ring.find(TOKEN) is None


@pytest.mark.parametrize("failing_takes", [0.0, 5.0, 20.0])
def test_a_key_that_was_revoked_before_the_database_went_away_counts_for_less_than_a_minute(
    database: Database, ring: Keyring, clock: Clock, failing_takes: float
) -> None:
    assert ring.find(TOKEN)
    since = clock.seconds
    revoke(database, clock)
    database.away = failing_takes
    last = since
    while clock.seconds < since + 120:
        began = clock.seconds
        try:
            if ring.find(TOKEN):
                last = clock.seconds
        except ServerSelectionTimeoutError:
            pass
        clock.seconds = max(clock.seconds, began + 0.5)
    assert FRESH < last - since <= AT_MOST < 60


def test_while_the_database_is_away_requests_do_not_wait_for_it_one_after_the_other(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    ring.find(TOKEN)
    clock.seconds += FRESH
    database.away = 0.0
    asked = len(database.asked)
    assert all(ring.find(TOKEN) for _ in range(100))
    assert len(database.asked) == asked + 1


def test_while_somebody_reads_a_key_anew_the_others_go_by_what_is_known(clock: Clock) -> None:
    reading, go_on = threading.Event(), threading.Event()

    class Slow(Database):
        slow = False

        def key(self, prefix: str) -> Key | None:
            if self.slow:
                reading.set()
                assert go_on.wait(60)
            return super().key(prefix)

    database = Slow(clock, "k3x9v2q7")
    ring = Keyring(database, clock.moment, clock)
    ring.find(TOKEN)
    clock.seconds += FRESH
    database.slow = True
    one = threading.Thread(target=ring.find, args=(TOKEN,))
    one.start()
    assert reading.wait(60)
    assert ring.find(TOKEN)
    go_on.set()
    one.join()


def test_who_is_not_known_while_the_database_is_away_is_neither_let_in_nor_called_a_stranger(
    database: Database, gate: Gate
) -> None:
    database.away = 0.0
    with pytest.raises(ServerSelectionTimeoutError):
        gate.recognise(f"Bearer {TOKEN}", "192.0.2.1")


def test_what_is_tried_out_fills_no_memory(database: Database, ring: Keyring) -> None:
    for number in range(1_000):
        assert ring.find(token(f"{number:08d}", SECRET)) is None
    assert len(ring) == 0


def test_of_more_keys_than_are_remembered_the_one_read_longest_ago_is_forgotten(clock: Clock) -> None:
    prefixes = [f"{number:08d}" for number in range(MOST + 5)]
    ring = Keyring(Database(clock, *prefixes), clock.moment, clock)
    for prefix in prefixes:
        assert ring.find(token(prefix, SECRET))
    assert len(ring) == MOST
    assert not ring.knows(token(prefixes[0], SECRET))
    assert ring.knows(token(prefixes[-1], SECRET))


def test_an_unknown_prefix_costs_the_same_comparison_as_a_wrong_secret(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    opens = Key.opens
    monkeypatch.setattr(Key, "opens", lambda self, secret: compared.append(secret) or opens(self, secret))
    assert ring.find(token("zzzzzzzz", SECRET)) is None
    assert ring.find(token("k3x9v2q7", "t" * 43)) is None
    assert compared == [SECRET, "t" * 43]


def test_the_last_use_of_a_key_is_written_once_a_minute_however_often_it_is_used(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    for second in range(180):
        clock.seconds = 600_000.0 + second
        ring.find(TOKEN)
        ring.flush()
    assert len(database.used) == 3
    assert database.used[-1] == {"k3x9v2q7": NOW + timedelta(seconds=120)}


def test_a_use_that_could_not_be_written_is_written_later(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    ring.find(TOKEN)
    database.away = 0.0
    with pytest.raises(ServerSelectionTimeoutError):
        ring.flush()
    database.away = None
    ring.flush()
    assert len(database.used) == 1


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        f"Bearer {TOKEN}\xe9",
        f"Bearer \u0645{TOKEN}",
        "Bearer " + "x" * 1_000_000,
        f"Bearer {token('k3x9v2q7', 't' * 43)}",
    ],
)
def test_what_is_no_key_is_refused_in_the_same_words(gate: Gate, authorization: str | None) -> None:
    refused = refusal(gate, authorization)
    assert (refused.status, refused.code) == (401, "unauthorized")
    assert refused.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER   {TOKEN} "])
def test_a_key_is_recognised_however_the_scheme_is_written(gate: Gate, authorization: str) -> None:
    assert gate.recognise(authorization, "192.0.2.1").prefix == "k3x9v2q7"


def test_strangers_are_put_off_by_address_and_a_key_from_there_comes_in(gate: Gate) -> None:
    for _ in range(STRANGERS_PER_MINUTE):
        assert refusal(gate, "Bearer x").status == 401
    put_off = refusal(gate, "Bearer x")
    assert put_off.status == 429
    assert 1 <= int(put_off.headers["Retry-After"]) <= 61
    assert refusal(gate, "Bearer x", "192.0.2.2").status == 401
    assert gate.recognise(f"Bearer {TOKEN}", "192.0.2.1")


def test_the_database_is_not_asked_for_keys_without_end(gate: Gate, database: Database) -> None:
    gate.recognise(f"Bearer {TOKEN}", "192.0.2.1")
    for number in range(LOOKUPS_PER_MINUTE + 100):
        refusal(gate, f"Bearer {token(f'{number:08d}', SECRET)}", f"192.0.{number % 250}.1")
    assert len(database.asked) == LOOKUPS_PER_MINUTE
    assert gate.recognise(f"Bearer {TOKEN}", "192.0.2.1"), "who is known needs no looking up"


def test_somebody_who_tries_out_keys_does_not_keep_out_one_that_is_new_here(
    gate: Gate, database: Database
) -> None:
    for number in range(LOOKUPS_PER_MINUTE + 100):
        refusal(gate, f"Bearer {token(f'{number:08d}', SECRET)}", "192.0.2.66")

    assert len(database.asked) == LOOKUPS_OF_ONE
    assert gate.recognise(f"Bearer {TOKEN}", "192.0.2.1")


def test_a_key_may_ask_as_often_as_it_says_and_is_told_what_is_left(gate: Gate, clock: Clock) -> None:
    held = key("k3x9v2q7", per_minute=3)
    left = [gate.admit(held, "events:write")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    with pytest.raises(Refusal) as caught:
        gate.admit(held, "events:write")
    assert caught.value.status == 429
    assert caught.value.headers["RateLimit-Limit"] == "3"
    clock.seconds += int(caught.value.headers["Retry-After"])
    assert gate.admit(held, "events:write"), "as was promised"


def test_a_refused_scope_counts_as_a_request(gate: Gate) -> None:
    held = key("k3x9v2q7", per_minute=1)
    with pytest.raises(Refusal) as caught:
        gate.admit(held, "customers:erase")
    assert caught.value.status == 403
    assert caught.value.headers["RateLimit-Remaining"] == "0"


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "somewhere"),
        ("nonsense", "somewhere"),
    ],
)
def test_who_has_a_network_of_addresses_is_one_stranger(address: str, known_as: str) -> None:
    assert neighbourhood(address) == known_as


def test_what_was_asked_a_minute_ago_fades(tally: Tally, clock: Clock) -> None:
    for _ in range(10):
        assert tally.take("somebody", 10).passes
    assert not tally.take("somebody", 10).passes
    clock.seconds += 90
    assert sum(tally.take("somebody", 10).passes for _ in range(10)) == 5
    clock.seconds += 120
    assert tally.take("somebody", 10)[:2] == (True, 9)


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("began", [0, 20, 59])
def test_the_wait_that_is_told_is_the_shortest_that_helps(
    tally: Tally, clock: Clock, limit: int, began: int
) -> None:
    clock.seconds += began
    while tally.take("somebody", limit).passes:
        pass
    told = tally.take("somebody", limit)
    clock.seconds += told.seconds - 1.01
    assert not tally.take("somebody", limit).passes
    clock.seconds += 1.01
    assert tally.take("somebody", limit).passes


def test_processes_count_together(tally: Tally) -> None:
    children = []
    for _ in range(2):
        if (child := os.fork()) == 0:
            for _ in range(300):
                tally.take("somebody", 1_000)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert tally.take("somebody", 1_000).left == 1_000 - 601


def test_so_many_names_that_the_table_is_full_take_no_more_memory_and_spoil_no_busy_count(
    tally: Tally,
) -> None:
    for _ in range(50):
        tally.take("busy", 50)
    for number in range(SLOTS * 2):
        tally.take(f"stranger {number}", 1)
    assert not tally.take("busy", 50).passes
    assert PROBES < SLOTS

"""Several threads write down what became of their messages: nothing is forgotten, and few writes do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from services.notifications.sending.settling import Settler
from tests.unit.notifications.builders import row
from tests.waiting import eventually

ROWS = [row(f"c{number}", id=f"row-{number}") for number in range(40)]


def test_who_waits_while_somebody_writes_is_taken_along_by_the_next():
    writing, go_on, writes = threading.Event(), threading.Event(), []

    def write(rows):
        writes.append([one.id for one in rows])
        writing.set()
        assert go_on.wait(60)

    settler = Settler(write)
    with ThreadPoolExecutor(len(ROWS)) as threads:
        first = threads.submit(settler.settle, ROWS[:1])
        assert writing.wait(60)
        others = [threads.submit(settler.settle, [one]) for one in ROWS[1:]]
        eventually(lambda: len(settler._waiting) == len(others))
        go_on.set()
        for one in (first, *others):
            one.result(60)
    assert len(writes) == 2
    assert sorted(id for write in writes for id in write) == sorted(one.id for one in ROWS)


def test_a_row_is_durable_when_its_thread_goes_on():
    written = set()
    settler = Settler(lambda rows: written.update(one.id for one in rows))

    def settle(one):
        settler.settle([one])
        return one.id in written

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(settle, ROWS))


def test_while_the_database_is_away_the_rows_are_held_on_to():
    away, written = iter([AutoReconnect("gone"), AutoReconnect("still gone")]), []

    def write(rows):
        if error := next(away, None):
            raise error
        written.extend(rows)

    Settler(write, pause=0.001).settle(ROWS)
    assert written == ROWS


def test_a_database_that_stays_away_is_an_error_for_everybody_and_no_row_is_taken_for_written():
    def write(rows):
        raise AutoReconnect("gone")

    settler = Settler(write, patience=timedelta(), pause=0.001)
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(settler.settle, [one]) for one in ROWS[:4]]:
            with pytest.raises(AutoReconnect):
                done.result(60)

"""Nobody can erase a person from a log: what events say does not get there."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from wafa.runtime.logs import configure_logs, withheld

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root, containers = logging.getLogger(), logging.getLogger("nameko.containers")
    handlers, level, filters = root.handlers[:], root.level, containers.filters[:]
    configure_logs("loyalty")
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:], containers.filters[:] = handlers, filters
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "words",
    [
        "550 5.1.1 <sara.haddad@example.com> no such user",
        "duplicate key: email:sara.haddad@example.com",
        "the number +966 50 123-4567 cannot be called",
    ],
)
def test_addresses_and_numbers_are_masked(lines: Lines, words: str) -> None:
    structlog.get_logger("test").warning("mail refused for good", reply=words)

    [line] = lines()
    assert "(masked)" in line["reply"]
    assert not {"sara.haddad@example.com", "123-4567"} & set(line["reply"].split())


def test_ids_and_times_and_figures_are_not(lines: Lines) -> None:
    told = {"event_id": "0c2d-77@till", "at": "2026-01-01T00:00:00Z", "address": "127.0.0.1:5672", "n": 5}

    structlog.get_logger("test").warning("batch kept", **told)

    [line] = lines()
    assert {name: line[name] for name in told} == told


def test_an_unexpected_error_is_told_by_its_class_and_place_not_by_its_words(lines: Lines) -> None:
    try:
        raise KeyError("Sara Haddad")
    except KeyError as error:
        structlog.get_logger("test").error("event cannot be processed", exc_info=withheld(error))

    [line] = lines()
    [trace] = line["exception"]
    assert trace["exc_type"] == "KeyError"
    assert trace["frames"][-1]["name"].startswith("test_an_unexpected")
    assert "Sara" not in json.dumps(line)


def test_neither_does_the_framework_quote_it(lines: Lines) -> None:
    """nameko writes the words of every error that ends a worker."""
    try:
        raise ValueError("Sara Haddad")
    except ValueError as error:
        logging.getLogger("nameko.containers").exception("error handling worker: %s", error)

    [line] = lines()
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "Sara" not in json.dumps(line)

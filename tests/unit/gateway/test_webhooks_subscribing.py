"""Where events may be sent to: nowhere inside, however it is written."""

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.domain.key import Key
from services.gateway.domain.subscription import MOST, Subscription
from services.gateway.refusals import Refusal
from services.gateway.webhooks.subscribing import Subscribing
from wafa.runtime.webhooks.addresses import Forbidden, resolved
from wafa.runtime.webhooks.lookups import Lookups
from wafa.runtime.webhooks.signing import LEAST, key_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = Key("abcdefgh", "a shop", "", frozenset({"webhooks:write", "members:read"}), 10, NOON)


class Shelf:
    """Subscriptions in memory."""

    def __init__(self, many: int = 0) -> None:
        self.kept: list[Any] = [None] * many

    def webhooks(self) -> list[Subscription]:
        return self.kept

    def add_webhook(self, webhook: Subscription) -> None:
        self.kept.append(webhook)


def found(host: str, port: int, *, private: bool = False) -> tuple[str, ...]:
    """Look a host up in a world where every name leads to the public internet."""
    address = host if any(one.isdigit() for one in host) or ":" in host else "93.184.216.34"
    return resolved(address, port, private=private)


def subscribe(
    shelf: Shelf, url: str, *, private: bool = False, resolve: Callable[..., Any] = found
) -> dict[str, Any]:
    store: Any = shelf
    lookups = Lookups(resolve=resolve, within=0.2)
    return Subscribing(store, NOON, lookups.check, private=private).create("1", KEY, url, ["loyalty.*"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://127.0.0.1/",
        "https://10.1.2.3:8443/wafa",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:secret@hooks.example/",
        "file:///etc/passwd",
        "https://hooks.example/\r\nHost: other",
    ],
)
def test_an_address_that_will_not_do_is_refused_at_once_and_not_repeated(url):
    shelf = Shelf()
    with pytest.raises(Refusal) as refused:
        subscribe(shelf, url)
    assert refused.value.status == 422
    assert [one["path"] for one in refused.value.details] == ["url"]
    assert url not in str(refused.value.details)
    assert not shelf.kept


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "does not exist"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "try again"),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), "try again"),
        (Forbidden("hooks.example is 10.0.0.1"), "must not lead to a private address"),
    ],
)
def test_a_host_that_leads_nowhere_or_inside_is_refused_in_words_that_say_which(error, words):
    def resolve(*_: Any, **__: Any) -> Any:
        raise error

    shelf = Shelf()
    with pytest.raises(Refusal) as refused:
        subscribe(shelf, "https://hooks.example/", resolve=resolve)
    [detail] = refused.value.details
    assert (refused.value.status, detail["path"]) == (422, "url")
    assert words in detail["message"]
    assert "10.0.0.1" not in detail["message"]
    assert not shelf.kept


def test_nobody_waits_for_a_name_server_that_does_not_answer():
    answered = threading.Event()
    try:
        with pytest.raises(Refusal) as refused:
            subscribe(Shelf(), "https://hooks.example/", resolve=lambda *_, **__: answered.wait(30))
    finally:
        answered.set()
    assert refused.value.details[0]["message"].endswith("try again")
    assert refused.value.passing, "the same request may be fulfilled a moment later"


def test_there_is_an_end_to_subscriptions_and_beyond_it_nothing_is_looked_up():
    def resolve(*_: Any, **__: Any) -> Any:
        raise AssertionError("looked up")

    with pytest.raises(Refusal) as refused:
        subscribe(Shelf(MOST), "https://hooks.example/", resolve=resolve)
    assert (refused.value.status, refused.value.code) == (409, "too_many")


def test_where_that_is_allowed_events_may_stay_in_the_house():
    assert subscribe(Shelf(), "http://10.1.2.3:8080/wafa", private=True)["state"] == "active"


def test_a_new_secret_is_long_enough_and_always_another():
    secrets = {subscribe(Shelf(), "https://hooks.example/")["secret"] for _ in range(10)}
    assert len(secrets) == 10
    assert all(len(key_of(one)) >= LEAST for one in secrets)

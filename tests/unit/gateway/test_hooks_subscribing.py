"""Where events may be sent to: nowhere inside, however it is written."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Subscription
from services.gateway.hooks.subscribing import Subscribing
from services.gateway.refusals import Refusal
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


def subscribe(shelf: Shelf, url: str, *, private: bool = False) -> dict[str, Any]:
    store: Any = shelf
    return Subscribing(store, NOON, private=private).create(KEY, url, ["loyalty.*"])


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


def test_where_that_is_allowed_events_may_stay_in_the_house():
    assert subscribe(Shelf(), "http://10.1.2.3:8080/wafa", private=True)["state"] == "active"


def test_a_new_secret_is_long_enough_and_always_another():
    secrets = {subscribe(Shelf(), "https://hooks.example/")["secret"] for _ in range(10)}
    assert len(secrets) == 10
    assert all(len(key_of(one)) >= LEAST for one in secrets)


def test_there_is_an_end_to_subscriptions():
    with pytest.raises(Refusal) as refused:
        subscribe(Shelf(100), "https://hooks.example/")
    assert (refused.value.status, refused.value.code) == (409, "too_many")

"""What a key has subscribed to ends with the key, and goes on with the one that was made in its place."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.gateway.access.keys import Keys
from services.gateway.audit.log import Audit
from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Flow, Secret, Subscription, Why
from services.gateway.refusals import Refusal
from services.gateway.store import GatewayStore
from services.gateway.webhooks.holding import pause_unheld
from services.gateway.webhooks.subscribing import Subscribing
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.subscribers import Subscriber
from tests.integration.notifications.gateways import SECRET
from tests.waiting import eventually
from wafa.runtime.client import Client
from wafa.runtime.clock import now

KIND = "customer.merged.v1"


class House:
    """The gateway's store, with keys that are made, replaced and revoked as people do it."""

    def __init__(self, store: GatewayStore) -> None:
        self.store = store

    @property
    def keys(self) -> Keys:
        return Keys(self.store, Audit(self.store, now), now())

    def key(self, *scopes: str, **options: Any) -> Key:
        made = self.keys.create("somebody", scopes or ("webhooks:write", "customers:read"), **options)
        return self.found(made["prefix"])

    def found(self, prefix: str) -> Key:
        found = self.store.key(prefix)
        assert found
        return found

    def subscribe(self, key: Key) -> str:
        id = f"wh_{key.prefix}"
        fields = (id, "https://hooks.example/", (KIND,), frozenset({KIND}), (Secret(SECRET),), now())
        self.store.add_webhook(Subscription(*fields, key.prefix))
        return id

    def change(self, key: Key, id: str, **wanted: Any) -> dict[str, Any]:
        subscribing = Subscribing(self.store, now(), lambda _: None, private=True)
        return subscribing.change(key, id, wanted)

    def state(self, id: str) -> tuple[Flow, Why | None]:
        found = self.store.webhook(id)
        assert found
        return found.state, found.paused_because


ACTIVE, ENDED = (Flow.ACTIVE, None), (Flow.PAUSED, Why.KEY_REVOKED)


@pytest.fixture
def house(database: Database) -> House:
    store = GatewayStore(database)
    store.create_indexes()
    return House(store)


def test_a_key_that_was_revoked_or_has_expired_hears_no_more(house: House) -> None:
    counting, revoked, expiring = house.key(), house.key(), house.key(days=1)
    still, ended, expired = (house.subscribe(one) for one in (counting, revoked, expiring))
    house.keys.revoke(revoked.prefix)

    pause_unheld(house.store, now())
    assert [house.state(one) for one in (still, ended, expired)] == [ACTIVE, ENDED, ACTIVE]

    pause_unheld(house.store, now() + timedelta(days=1, minutes=1))
    assert [house.state(one) for one in (still, ended, expired)] == [ACTIVE, ENDED, ENDED]


@pytest.mark.parametrize("overlap_hours", [0, 24])
def test_a_rotation_carries_on_with_what_was_subscribed(house: House, overlap_hours: int) -> None:
    key = house.key()
    webhook = house.subscribe(key)
    second = house.keys.rotate(key.prefix, overlap_hours)
    third = house.keys.rotate(second["prefix"], overlap_hours)

    for later in (timedelta(), timedelta(hours=25)):
        pause_unheld(house.store, now() + later)
        assert house.state(webhook) == ACTIVE

    for one in (key.prefix, second["prefix"], third["prefix"]):
        house.keys.revoke(one)
    pause_unheld(house.store, now())
    assert house.state(webhook) == ENDED


def test_a_key_replaced_while_keys_are_read_pauses_nothing(house: House) -> None:
    key = house.key()
    webhook = house.subscribe(key)

    class Torn(GatewayStore):
        """Has read past the place of the new key when the rotation comes."""

        reads = 0

        def keys(self) -> list[Key]:
            self.reads += 1
            if self.reads > 1:
                return super().keys()
            house.keys.rotate(key.prefix, 0)
            return [house.found(key.prefix)]

    pause_unheld(Torn(house.store._database), now() + timedelta(seconds=1))

    assert house.state(webhook) == ACTIVE


def test_whoever_lets_it_go_on_holds_it_from_then_on_and_needs_the_scopes(house: House) -> None:
    key, narrow, other = house.key(), house.key("webhooks:write"), house.key()
    webhook = house.subscribe(key)
    house.keys.revoke(key.prefix)
    pause_unheld(house.store, now())

    with pytest.raises(Refusal) as refused:
        house.change(narrow, webhook, state="active")
    assert refused.value.status == 403
    assert house.change(other, webhook, state="active")["held_by"] == other.prefix
    pause_unheld(house.store, now())
    assert house.state(webhook) == ACTIVE

    house.keys.revoke(other.prefix)
    pause_unheld(house.store, now())
    assert house.state(webhook) == ENDED


def test_whoever_moves_it_elsewhere_does_not_leave_it_to_somebody_elses_key(house: House) -> None:
    key, mover = house.key(), house.key()
    moved, paused = house.subscribe(key), house.subscribe(mover)
    house.change(mover, moved, url="https://elsewhere.example/")
    assert house.change(key, paused, state="paused")["held_by"] == mover.prefix
    assert house.change(key, paused, state="active")["held_by"] == mover.prefix, "it is held already"

    house.keys.revoke(mover.prefix)
    pause_unheld(house.store, now())

    assert house.state(moved) == ENDED


def test_what_was_taken_over_meanwhile_is_not_paused(house: House) -> None:
    key, other = house.key(), house.key()
    webhook = house.subscribe(key)
    house.keys.revoke(key.prefix)
    before = house.store.webhook(webhook)
    assert before
    house.change(other, webhook, state="active")

    assert not house.store.pause_held(before, Why.KEY_REVOKED, now())
    assert house.state(webhook) == ACTIVE


def test_within_a_minute_a_revoked_key_hears_nothing_and_a_replaced_one_goes_on(
    front: Front, receiver: Subscriber
) -> None:
    wanted = {"url": receiver.url(), "types": ["loyalty.*"]}
    made = {}
    for name in ("revoked", "rotated"):
        holder = front.holding("webhooks:write", "members:read")
        made[name] = holder.post("/v1/webhooks", wanted).json()
    with Client(front.stack.amqp_uri) as services:
        services.call("gateway", "key_rotate", made["rotated"]["held_by"], overlap_hours=0)
        services.call("gateway", "key_revoke", made["revoked"]["held_by"])

    def listed() -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in front.get("/v1/webhooks").json()["webhooks"]}

    eventually(lambda: listed()[made["revoked"]["id"]]["state"] == "paused", within=60)

    ended, going = (listed()[made[name]["id"]] for name in ("revoked", "rotated"))
    assert ended["paused_because"] == "key_revoked"
    assert front.post(f"/v1/webhooks/{ended['id']}/test").status == 409
    assert front.post(f"/v1/webhooks/{going['id']}/test").status == 202
    eventually(lambda: receiver.got("wafa.ping.v1"))
    for one in (ended, going):
        front.ask("DELETE", f"/v1/webhooks/{one['id']}")

"""Deliveries on a real database to a real HTTP server; time is the test's."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pymongo.database import Database

from services.gateway.domain.delivery import State
from services.gateway.domain.subscription import Flow, Secret, Subscription, Why
from services.gateway.idempotency.claims import ABANDONED
from services.gateway.store import GatewayStore
from services.gateway.webhooks.courier import AT_ONCE, BATCH, LEASE, Courier
from services.gateway.webhooks.posting import Postman
from services.gateway.webhooks.taking_in import take_in
from tests.integration.gateway.subscribers import Subscriber, signed_by
from tests.integration.notifications.gateways import SECRET
from tests.waiting import eventually
from wafa.contracts.envelope import Event, make_event
from wafa.runtime.clock import now

TYPES = frozenset({"repurchase.due.v1", "customer.erased.v1", "customer.merged.v1"})


class Office:
    """The gateway's store, what the broker was told, and a clock that goes when it is told to."""

    def __init__(self, store: GatewayStore) -> None:
        self.store = store
        self.told: list[Event] = []
        self.ahead = timedelta()

    def clock(self) -> datetime:
        return now() + self.ahead

    def subscribe(self, id: str, url: str, **options: Any) -> str:
        fields = {"types": ("*",), "covers": TYPES, "secrets": (Secret(SECRET),), "created_by": "k"}
        self.store.add_webhook(Subscription(id=id, url=url, created_at=now(), **{**fields, **options}))
        return id

    def webhook(self, id: str) -> Subscription:
        found = self.store.webhook(id)
        assert found
        return found

    def hear(self, *events: Event) -> None:
        take_in(events, self.store, self.told.extend, self.clock())

    def kept(self, id: str) -> list[dict[str, Any]]:
        return self.store.deliveries(id, None, None, 1000)

    @contextmanager
    def delivering(self, *, private: bool = True, lease: timedelta = LEASE) -> Iterator[None]:
        """Let a process of its own deliver meanwhile."""
        postman, stopping = Postman(private=private, at_once=AT_ONCE), threading.Event()
        courier = Courier(self.store, postman, self.clock, lease=lease, pause=0.05)
        thread = threading.Thread(target=courier.work, args=(stopping,))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
            postman.close()


@pytest.fixture
def office(database: Database) -> Office:
    store = GatewayStore(database)
    store.create_indexes()
    return Office(store)


@pytest.fixture
def receivers() -> Iterator[Callable[[], Subscriber]]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(Subscriber())


def due(number: int, customer_id: str = "c1") -> Event:
    """Return an event about a customer."""
    return make_event(
        "repurchase.due.v1",
        source="/wafa/loyalty",
        id=f"due {number}",
        time=now(),
        data={"customer_id": customer_id, "due_at": "2026-03-01T00:00:00Z"},
    )


def change(type: str, change_id: str, **data: str) -> Event:
    data = {"change_id": change_id, **data}
    return make_event(type, source="/wafa/customers", id=f"{type} {change_id}", time=now(), data=data)


def states(office: Office, id: str) -> Counter[str]:
    return Counter(one["state"] for one in office.kept(id))


def wait_for_attempts(office: Office, id: str, attempts: int) -> dict[str, Any]:
    """Return the only delivery once it was tried so many times."""

    def look() -> dict[str, Any] | None:
        [one] = office.kept(id)
        return one if one["attempts"] == attempts else None

    return eventually(look)


def test_an_event_arrives_signed_and_as_it_was_published(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", receiver.url())
    event = due(1)
    office.hear(event)
    with office.delivering():
        eventually(lambda: states(office, "a") == {"delivered": 1})
    [call] = receiver.calls
    assert call.content == event
    assert call.headers["content-type"] == "application/cloudevents+json"
    assert signed_by(call, SECRET)
    assert not signed_by(call, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx")


def test_an_event_that_comes_again_is_one_delivery(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", receiver.url())
    event = due(1)
    office.hear(event, event)
    with office.delivering():
        eventually(lambda: states(office, "a") == {"delivered": 1})
        office.hear(event)
        office.hear(due(2))
        eventually(lambda: states(office, "a") == {"delivered": 2})
    assert len(receiver.calls) == 2


def test_what_nobody_has_subscribed_to_is_not_kept(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", receiver.url(), covers=frozenset({"customer.merged.v1"}))
    office.hear(due(1))
    assert not office.kept("a")


def test_a_receiver_that_fails_is_tried_again_later_with_the_same_id(
    office: Office, receiver: Subscriber
) -> None:
    receiver.status = 500
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    with office.delivering():
        once = wait_for_attempts(office, "a", 1)
        assert once["last"]["status"] == 500
        assert timedelta(seconds=4) < once["due"] - office.clock() <= timedelta(seconds=5)
        assert office.webhook("a").failing_since
        receiver.status = 204
        office.ahead = timedelta(seconds=6)
        twice = wait_for_attempts(office, "a", 2)
        assert twice["state"] == State.DELIVERED
        eventually(lambda: office.webhook("a").failing_since is None)
    assert len({*receiver.ids()}) == 1


def test_a_receiver_that_asks_for_time_gets_it_for_all_events(office: Office, receiver: Subscriber) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": "600"}
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    with office.delivering():
        once = wait_for_attempts(office, "a", 1)
        assert once["due"] - office.clock() > timedelta(seconds=590)
        office.hear(due(2))
        office.ahead = timedelta(seconds=300)
        receiver.status, receiver.headers = 204, {}
        office.ahead = timedelta(seconds=601)
        eventually(lambda: states(office, "a") == {"delivered": 2})
    assert len(receiver.calls) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_sent_elsewhere(office: Office, receivers: Callable[[], Subscriber], status: int) -> None:
    receiver, elsewhere = receivers(), receivers()
    receiver.status, receiver.headers = status, {"Location": elsewhere.url()}
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    with office.delivering():
        assert wait_for_attempts(office, "a", 1)["state"] == State.WAITING
    assert not elsewhere.calls


def test_who_is_gone_for_good_is_not_called_again(office: Office, receiver: Subscriber) -> None:
    receiver.status = 410
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    with office.delivering():
        paused = eventually(lambda: office.webhook("a") if office.webhook("a").paused_at else None)
        assert (paused.state, paused.paused_because) == (Flow.PAUSED, Why.GONE)
        office.hear(due(2))
        office.ahead = timedelta(days=1)
    assert len(receiver.calls) == 1
    assert states(office, "a") == {"waiting": 2}, "it goes on from there when somebody resumes it"


def test_after_a_day_without_success_a_subscription_is_paused(office: Office, receiver: Subscriber) -> None:
    receiver.status = 500
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    with office.delivering():
        wait_for_attempts(office, "a", 1)
        office.ahead = timedelta(hours=25)
        paused = eventually(lambda: office.webhook("a") if office.webhook("a").paused_at else None)
    assert paused.paused_because is Why.FAILING


def test_a_slow_receiver_holds_up_nobody_else(office: Office, receivers: Callable[[], Subscriber]) -> None:
    slow, quick = receivers(), receivers()
    release = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        release.wait(30)
        handler.send_response(204)
        handler.end_headers()

    slow.answer = wait
    office.subscribe("slow", slow.url())
    office.subscribe("quick", quick.url())
    office.hear(*(due(number) for number in range(3 * AT_ONCE)))
    with office.delivering():
        eventually(lambda: states(office, "quick") == {"delivered": 3 * AT_ONCE})
        assert states(office, "slow") == {"waiting": 3 * AT_ONCE}
        assert len(slow.calls) <= AT_ONCE
        release.set()
        eventually(lambda: states(office, "slow") == {"delivered": 3 * AT_ONCE})


def test_what_is_inside_is_not_called(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", f"https://localhost:{receiver.port}/")
    office.hear(due(1))
    with office.delivering(private=False):
        assert wait_for_attempts(office, "a", 1)["last"]["trouble"] == "private_address"
    assert receiver.connections == 0


def test_several_processes_share_the_work(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", receiver.url())
    office.hear(*(due(number) for number in range(100)))
    with office.delivering(), office.delivering(), office.delivering():
        eventually(lambda: states(office, "a") == {"delivered": 100})
    assert len(receiver.calls) == len({*receiver.ids()}) == 100


def test_what_a_dead_process_held_is_delivered_when_its_lease_is_over(
    office: Office, receiver: Subscriber
) -> None:
    office.subscribe("a", receiver.url())
    office.hear(due(1))
    assert office.store.claim("a", office.clock(), office.clock() + LEASE, 10).ids
    with office.delivering():
        office.hear(due(2))
        eventually(lambda: states(office, "a") == {"delivered": 1, "waiting": 1})
        office.ahead = LEASE
        eventually(lambda: states(office, "a") == {"delivered": 2})


def test_what_another_process_has_taken_over_is_not_sent_by_who_stood_still(
    office: Office, receiver: Subscriber
) -> None:
    release, first = threading.Event(), threading.Semaphore(AT_ONCE)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if first.acquire(blocking=False):
            release.wait(30)
        handler.send_response(204)
        handler.end_headers()

    receiver.answer = answer
    office.subscribe("a", receiver.url())
    office.hear(*(due(number) for number in range(BATCH)))
    with office.delivering():
        eventually(lambda: len(receiver.calls) == AT_ONCE)
        office.ahead = LEASE
        with office.delivering():
            eventually(lambda: states(office, "a") == {"delivered": BATCH})
        release.set()
        office.hear(due(BATCH))
        eventually(lambda: states(office, "a") == {"delivered": BATCH + 1})
    twice = [id for id, times in Counter(receiver.ids()).items() if times > 1]
    assert len(twice) == AT_ONCE, "only what was on its way"


def test_of_who_is_erased_nothing_is_kept_but_the_erasure(office: Office, receiver: Subscriber) -> None:
    office.subscribe("a", receiver.url())
    office.hear(due(1, "gone"), due(2, "stays"))
    office.hear(change("customer.merged.v1", "m1", **{"from": "alias", "into": "gone"}))
    claimed = office.store.claim("a", office.clock(), office.clock() + LEASE, 10)
    office.hear(change("customer.erased.v1", "e1", customer_id="gone"))
    assert sorted(one["type"] for one in office.kept("a")) == ["customer.erased.v1", "repurchase.due.v1"]
    held = [office.store.hold(one, claimed.token, office.clock()) for one in claimed.ids]
    assert [one["customers"] for one in held if one] == [["stays"]], "what was in hand is not sent either"

    office.hear(due(3, "gone"), due(4, "stays"))
    assert len(office.kept("a")) == 3, "what comes late is not kept"
    confirmed = [(one["type"], one["data"]["change_id"], one["data"]["service"]) for one in office.told]
    assert confirmed == [("customer.change_applied.v1", one, "gateway") for one in ("m1", "e1")]


def test_answers_that_name_who_is_erased_are_forgotten_too(office: Office) -> None:
    claims = [
        {"_id": f"key {door} name", "request": "r", "token": door, "at": office.clock()}
        for door in ("identity.merge", "members.redeem", "not_yet_thought_of.do", "events.publish")
    ]
    gone, stays = b'{"customer_ids": ["gone"]}', b'{"customer_id": "stays"}'
    bodies = (gone, stays, gone, b'{"id": "gone"}')
    for claim, body in zip(claims, bodies, strict=True):
        assert office.store.claim_answer(claim, lambda _: True) is None
        office.store.keep_answer(claim, {"status": 200, "headers": {}, "body": body})
    office.hear(change("customer.erased.v1", "e1", customer_id="gone"))
    left = [office.store.claim_answer(claim, lambda _: True) for claim in claims]
    assert [one is not None for one in left] == [False, True, False, True]


def test_a_claim_that_is_renewed_counts_on_and_one_that_somebody_took_over_is_theirs(office: Office) -> None:
    def claim(token: str) -> dict[str, Any]:
        return {"_id": "key door name", "request": "r", "token": token, "at": office.clock()}

    def counts(found: dict[str, Any]) -> bool:
        return office.clock() - found["at"] < ABANDONED

    first = claim("first")
    assert office.store.claim_answer(first, counts) is None
    office.ahead += ABANDONED
    office.store.renew_claims([first], office.clock())
    found = office.store.claim_answer(claim("second"), counts)
    assert found
    assert found["token"] == "first"

    office.ahead += ABANDONED
    assert office.store.claim_answer(claim("second"), counts) is None
    office.ahead += ABANDONED
    office.store.renew_claims([first], office.clock())
    assert office.store.claim_answer(claim("third"), counts) is None, "what is no longer ours is not renewed"


def test_a_claim_that_is_renewed_at_the_last_moment_is_not_taken_over(office: Office) -> None:
    first = {"_id": "key door name", "request": "r", "token": "first", "at": office.clock()}
    office.store.claim_answer(first, lambda _: True)
    told = [False, True]

    def counts(found: dict[str, Any]) -> bool:
        office.store.renew_claims([first], office.clock() + ABANDONED)
        return told.pop(0)

    found = office.store.claim_answer(first | {"token": "second"}, counts)
    assert found
    assert found["token"] == "first"


def test_an_erasure_is_confirmed_again_when_it_comes_again(office: Office) -> None:
    erased = change("customer.erased.v1", "e1", customer_id="gone")
    office.hear(erased)
    office.hear(erased)
    first, again = office.told
    assert first == again


def test_a_batch_that_holds_both_a_person_and_their_erasure_leaves_the_erasure(
    office: Office, receiver: Subscriber
) -> None:
    office.subscribe("a", receiver.url())
    events: Sequence[Event] = (due(1, "gone"), change("customer.erased.v1", "e1", customer_id="gone"))
    for batch in (events, [*reversed(events)]):
        office.hear(*batch)
        assert [one["type"] for one in office.kept("a")] == ["customer.erased.v1"]


def test_a_replay_is_of_a_span_and_of_types_and_delivers_the_same_ids(
    office: Office, receiver: Subscriber
) -> None:
    office.subscribe("a", receiver.url())
    office.hear(due(1), change("customer.merged.v1", "m1", **{"from": "x", "into": "y"}))
    since = office.clock()
    with office.delivering():
        eventually(lambda: states(office, "a") == {"delivered": 2})
        long_ago, later = since - timedelta(hours=1), since + timedelta(minutes=1)
        assert office.store.replay("a", long_ago, long_ago, None, office.clock()) == 0
        only = {"repurchase.due.v1"}
        assert office.store.replay("a", long_ago, later, only, office.clock()) == 1
        eventually(lambda: states(office, "a") == {"delivered": 2})
        eventually(lambda: len(receiver.calls) == 3)
    assert Counter(Counter(receiver.ids()).values()) == {1: 1, 2: 1}

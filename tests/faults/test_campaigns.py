"""A broadcast to 5,000 while planners and senders are killed: nobody twice, nobody forgotten.

Two processes plan and two send, all the time. At moments that follow from a seed the one that plans is killed
without warning, twice, and one of those that send, twice; another takes its place at once.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest

from services.notifications.campaigns.book import Book
from services.notifications.campaigns.commands import Office
from services.notifications.campaigns.control import Plan
from services.notifications.campaigns.policy import load_policy
from services.notifications.domain.audience import Entry, learn
from services.notifications.domain.facts import Complaint, Consent, Fact, Member, Profile
from services.notifications.domain.holdout import held_out
from services.notifications.domain.outreach import FAULT, LIVE, Outreach, State
from services.notifications.sending.sender import INTERRUPTED, Means
from services.notifications.store import NotificationsStore
from tests.faults.lane import Lane
from tests.faults.nursery import Child
from tests.waiting import eventually
from wafa.runtime.clock import now

pytestmark = pytest.mark.timeout(600)

#: Policy for what was in flight -> so many recipients; and so many who are not meant.
RECIPIENTS, OTHERS = {"again": 5_000, "never": 1_500}, 200
#: Seconds; what a dead process held is somebody else's after so long.
LEASE = 4
#: Customers whom a planner plans at a time: there are to be many moments at which it may die.
PAGE = 50
CONNECTIONS = Means.__dataclass_fields__["connections"].default
KILLS = 2
#: Seconds; a machine may have much else to do.
PATIENCE = 360
SENT = "sent"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
CAMPAIGN = "harvest"
CONTENT = {
    "campaign": CAMPAIGN,
    "title": {"en": "The new harvest", "ar": "المحصول الجديد"},
    "purpose": "marketing",
    "audience": {"field": "tier", "op": "eq", "value": "gold"},
    "start": {"broadcast": "now"},
    "holdout": "10%",
    "quiet_hours": "none",
    "steps": [{"message": {"id": "hello", "template": "harvest", "channels": ["email"]}}],
}
TEXTS = {
    "harvest": {
        "en": {"subject": "The new harvest is here", "txt": "Hello {{ name }}\n{{ unsubscribe }}\n"},
        "ar": {"subject": "وصل المحصول الجديد", "txt": "مرحبًا {{ name }}\n{{ unsubscribe }}\n"},
    }
}


LINKS = {"WAFA_PUBLIC_URL": "https://wafa.example", "WAFA_LINK_SECRET": "0123456789" * 4}


@dataclass(frozen=True)
class Customer:
    """Somebody, what is known of them, and what the campaign must come to for them."""

    entry: Entry
    expected: str | None

    @property
    def id(self) -> str:
        return self.entry.customer_id


def audience(recipients: int) -> Iterator[Customer]:
    """Yield the customers: most want to hear of us, some do not, some must not, some are not meant."""
    for number in range(recipients + OTHERS):
        id, meant = f"c{number:04}", number < recipients
        facts, expected = _known(number, id, tier="gold" if meant else "silver")
        if expected == SENT and held_out(CAMPAIGN, id, 1000):
            expected = "holdout"
        entry = Entry(id)
        for fact in facts:
            entry = learn(entry, fact)
        yield Customer(entry, expected if meant else None)


def _known(number: int, id: str, tier: str) -> tuple[list[Fact], str]:
    emails: tuple[str, ...] = (f"{id}@example.com",)
    consents: tuple[Consent, ...] = (Consent("email", "marketing", "granted", LONG_AGO),)
    more: list[Fact] = []
    expected = SENT
    match number % 50:
        case 1:
            consents, expected = (), "no_consent"
        case 2:
            consents, expected = (Consent("email", "marketing", "withdrawn", LONG_AGO),), "unsubscribed"
        case 3:
            more, expected = [Complaint("late parcel", "opened", LONG_AGO, "a")], "open_complaint"
        case 4:
            emails, expected = (), "no_address"
    profile = Profile(1, name=id, locale="ar" if number % 2 else "en", emails=emails, consents=consents)
    return [profile, Member(1, tier, 120, purchase_count=2, repeat=True), *more], expected


class Works:
    """The processes that plan and send, and what they have come to so far."""

    def __init__(self, lane: Lane, policy: Path) -> None:
        self._lane = lane
        self._environment = {"WAFA_OUTREACH": str(policy), **LINKS}
        self._store: NotificationsStore = lane.store("notifications")
        self._planners = [self._start("plan") for _ in range(2)]
        self._senders = [self._start("send") for _ in range(2)]

    def _start(self, role: str) -> Child:
        return self._lane.start(
            "notifications", target=role, lease=LEASE, page=PAGE, environment=self._environment
        )

    @property
    def plan(self) -> Plan:
        control = self._store.control(CAMPAIGN)
        assert control
        assert control.plan
        return control.plan

    @property
    def mails(self) -> int:
        return sum(1 for _ in self._lane.mail_folder.glob("*.eml"))

    @property
    def finished(self) -> bool:
        waiting = any(state in LIVE for state, _, _ in self._store.counts({}))
        return bool(self.plan.done_at) and not waiting and self._store.oldest_pending(now()) is None

    def kill_planner(self) -> None:
        """Kill the one that is planning, and start another."""
        assert not self.plan.done_at, "it was to be killed in the middle"
        place = max(range(2), key=lambda one: _last_wrote(self._planners[one]))
        self._planners[place].kill()
        self._planners[place] = self._start("plan")

    def kill_sender(self) -> None:
        """Kill one of those that send, and start another."""
        self._senders.pop(0).kill()
        self._senders.append(self._start("send"))


def _last_wrote(planner: Child) -> float:
    """Return when a process has last planned anything."""
    wrote = [at for at, _, step in planner.report.lines() if step.endswith("before insert outreach")]
    return max(wrote, default=0)


def go_through(works: Works, recipients: int, rng: random.Random) -> None:
    """Let the broadcast come to its end, and kill on the way."""
    planned, mailed = (sorted(rng.sample(range(100, recipients // 2), KILLS)) for _ in range(2))
    while planned or mailed:
        # Nothing to be waited for may be overlooked because of the other.
        eventually(
            lambda: (planned and works.plan.planned >= planned[0]) or (mailed and works.mails >= mailed[0]),
            within=PATIENCE,
        )
        if planned and works.plan.planned >= planned[0]:
            planned.pop(0)
            works.kill_planner()
        if mailed and works.mails >= mailed[0]:
            mailed.pop(0)
            works.kill_sender()
    eventually(lambda: works.finished, within=PATIENCE)


def mails_by_recipient(folder: Path) -> dict[str, list[str]]:
    """Return the ids of the mails that each address got."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in folder.glob("*.eml"):
        with file.open("rb") as mail:
            headers = BytesHeaderParser().parse(mail)
        found[headers["To"]].append(headers["Message-ID"])
    return found


def outcome(row: Outreach) -> str | None:
    return SENT if row.state is State.SENT else row.reason


@pytest.mark.parametrize("in_flight", ["again", "never"])
def test_killed_in_the_middle_nobody_is_written_to_twice_and_nobody_is_forgotten(
    lanes: Sequence[Lane], tmp_path: Path, in_flight: str
) -> None:
    policy = tmp_path / "outreach.yml"
    policy.write_text(f"zone: UTC\nlocale: en\nchannels: {{email: {{in_flight: {in_flight}}}}}\n")
    lane = lanes[0]
    lane.clear()
    lane.prepare({})
    store: NotificationsStore = lane.store("notifications")
    customers = {one.id: one for one in audience(RECIPIENTS[in_flight])}
    assert not store.save(one.entry for one in customers.values())
    launch(store, policy)
    go_through(Works(lane, policy), RECIPIENTS[in_flight], random.Random(in_flight))
    lane.clear()

    rows = {row.customer_id: row for row in store.page({}, None, 10_000)}
    assert sum(many for _, _, many in store.counts({})) == len(rows), "one row each"
    wanted = {id: one.expected for id, one in customers.items() if one.expected}
    assert rows.keys() == wanted.keys(), "nobody is forgotten, and nobody else is meant"
    # Of these nobody can know: the policy is rather never than twice.
    doubtful = {id for id, row in rows.items() if row.reason == FAULT}
    assert {id: outcome(row) for id, row in rows.items() if id not in doubtful} == {
        id: expected for id, expected in wanted.items() if id not in doubtful
    }
    assert {(wanted[id], rows[id].reply) for id in doubtful} <= {(SENT, INTERRUPTED)}

    mails = mails_by_recipient(lane.mail_folder)
    sent = {f"{id}@example.com" for id, row in rows.items() if row.state is State.SENT}
    assert sent <= mails.keys() <= sent | {f"{id}@example.com" for id in doubtful}
    assert all(len(set(ids)) == 1 for ids in mails.values()), "again is the same mail, by its id"
    again = sum(len(ids) - 1 for ids in mails.values())
    assert again <= (KILLS * CONNECTIONS if in_flight == "again" else 0)
    assert len(doubtful) <= (0 if in_flight == "again" else KILLS * CONNECTIONS)

    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for event in lane.bus.heard():
        told[event["data"]["outreach_id"]].add((event["type"], event["id"]))
    assert told.keys() == {row.id for id, row in rows.items() if id not in doubtful}
    assert all(len(events) == 1 for events in told.values()), "told again, it is the same event"
    for row in rows.values():
        assert row.id not in told or ("outreach.sent.v1" in {type for type, _ in told[row.id]}) == (
            row.state is State.SENT
        )


def launch(store: NotificationsStore, policy: Path) -> None:
    office = Office(store, Book(store, load_policy(policy)))
    for answer in (office.draft(CONTENT, TEXTS, now()), office.launch(CAMPAIGN, now())):
        assert "mistakes" not in answer, answer

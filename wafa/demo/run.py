"""The steps of the demo against a running system: publish, wait for the effects, compare."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from functools import partial
from pathlib import Path
from typing import TypeVar

from wafa.cli.campaign_folder import read_campaign
from wafa.cli.faults import CommandFault
from wafa.cli.history import Line, purchases, shifted
from wafa.contracts.envelope import Event
from wafa.contracts.times import format_time
from wafa.demo.expected import Expected
from wafa.demo.following import win_back
from wafa.demo.observed import customer_ids, observe
from wafa.demo.people import (
    ONLINE,
    arrivals,
    complaining,
    consenting,
    resolutions,
    resolved,
    web_accounts,
    withdrawn,
)
from wafa.demo.reconcile import Line as Compared
from wafa.demo.reconcile import reconcile, reconcile_broadcast
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher

NAME = "cdnow"
CHUNK = 1000
POLL = 0.2
REST = 5
PATIENCE = 180.0

#: The campaigns begin when so many days of the file are still to come, at this hour of the day.
STILL_TO_COME = timedelta(days=91)
EVENING = datetime_time(22, tzinfo=UTC)
CAMPAIGNS = Path(__file__).parent / "campaigns"
HOUSE_RULES = CAMPAIGNS / "outreach.yml"
BROADCAST, TRIGGERED = "win-back", ("tier-reached", "apology")

CONSENTED: dict[str, object] = {"field": "consented", "op": "in", "value": ["email/marketing"]}
WITHDRAWN: dict[str, object] = {"field": "withdrawn", "op": "in", "value": ["email/service"]}
EVERYBODY: dict[str, object] = {"field": "open_complaints", "op": "ge", "value": 0}
COMPLAINING: dict[str, object] = {"field": "open_complaints", "op": "gt", "value": 0}

Advance = Callable[[int], None]
Seen = TypeVar("Seen")


class Stalled(CommandFault):
    """Nothing has moved for `PATIENCE`; the message says what, and where it stands."""


@dataclass(slots=True)
class Demo:
    """One run over the purchases `lines`, shifted so that the last day is `until`."""

    lines: list[Line]
    until: date
    publisher: Publisher
    services: Client
    published: int = 0

    @property
    def launch_at(self) -> datetime:
        """The moment at which the demo's campaigns are launched: there notifications' clock stands."""
        return self.launch_moment(self.until)

    @staticmethod
    def launch_moment(until: date) -> datetime:
        """Return the same for a file whose last day is shifted to `until`."""
        return datetime.combine(until - STILL_TO_COME, EVENING)

    @property
    def customers(self) -> list[str]:
        """Every customer of the file, in the file's order."""
        return list(dict.fromkeys(line.customer for line in self.lines))

    @property
    def moments(self) -> list[tuple[Line, datetime]]:
        """The purchases with their moments."""
        return list(shifted(self.lines, self.until))

    @property
    def consents(self) -> int:
        """How many customers of the file say yes to marketing."""
        return sum(map(consenting, self.customers))

    def introduce(self, known: Advance, agreed: Advance) -> None:
        """Tell who the customers are, and wait until all are known, and who agrees, objects or complains.

        `known` and `agreed` are told of how many notifications has heard, which is the last to hear.
        """
        begin = min(moment for _, moment in self.moments) - timedelta(days=1)
        self.publisher.publish([*arrivals(self.customers, NAME, begin), *web_accounts(begin)])
        customer_ids(self.services, self.customers, NAME, format_time(begin))
        everybody = len(self.customers) + len(ONLINE)
        self._follow("customers to be known", self._count(EVERYBODY), everybody, known)
        self._follow("who agrees to marketing", self._count(CONSENTED), self.consents, agreed)
        self._wait_for_those("who objects", WITHDRAWN, withdrawn)
        self._wait_for_those("who complain", COMPLAINING, complaining)

    def launch(self, advance: Callable[[int, int], None]) -> None:
        """Launch the broadcast and the triggered campaigns, and wait until the broadcast is out.

        `advance` is told how many of its messages are decided, and how many are planned.
        """
        for name in (*TRIGGERED, BROADCAST):
            file, texts = read_campaign(CAMPAIGNS / f"{name}.yml")
            for answer in (
                self.services.call("notifications", "campaign_draft", file, texts),
                self.services.call("notifications", "campaign_launch", name),
            ):
                if "campaign" not in answer:
                    raise CommandFault(f"{name}: {answer}")

        def broadcast() -> tuple[str, int, int]:
            state = str(self.services.call("notifications", "campaign_show", BROADCAST)["state"])
            messages = self.services.call("notifications", "campaign_report", BROADCAST)["messages"]
            waiting, planned = int(messages["waiting"]), int(messages["planned"])
            advance(planned - waiting, planned)
            return state, waiting, planned

        # What is bought from now on counts as bought afterwards.
        self._wait_for("the broadcast to go out", broadcast, lambda seen: seen[:2] == ("finished", 0))

    def resolve(self) -> None:
        """Tell that some complaints are settled, the evening after the launch."""
        self.publisher.publish(list(resolutions(self.customers, NAME, self.launch_at + timedelta(hours=1))))
        self._wait_for_those(
            "complaints to be settled", COMPLAINING, lambda one: complaining(one) and not resolved(one)
        )

    def publish(self, events: Sequence[Event], advance: Advance) -> None:
        """Publish purchases as an outside system would, each chunk confirmed."""
        for start in range(0, len(events), CHUNK):
            chunk = events[start : start + CHUNK]
            self.publisher.publish(chunk)
            self.published += len(chunk)
            advance(len(chunk))

    def purchases(self) -> tuple[list[Event], list[Event]]:
        """Return the events of the file, those before the launch and those after it."""
        events = list(purchases(self.lines, name=NAME, currency="USD", until=self.until))
        after = format_time(self.launch_at)
        return [one for one in events if one["time"] < after], [one for one in events if one["time"] >= after]

    def follow(self, purchases: int, advance: Advance) -> None:
        """Wait until so many purchases are in the ledger; `advance` is told how many are."""

        def arrived() -> int:
            return int(self.services.call("loyalty", "summary")["purchases"])

        self._follow("the ledger", arrived, purchases, advance)

    def follow_mail(self, campaign: str, messages: int, advance: Advance) -> None:
        """Wait until so many messages of a campaign are sent or dropped."""

        def decided() -> int:
            states = self.services.call("notifications", "counts", campaign)["states"]
            return int(states.get("sent", 0) + states.get("dropped", 0))

        self._follow(f"campaign {campaign}", decided, messages, advance)

    def settle(self) -> None:
        """Wait until nobody has a message to come today, but for the question that comes three days later."""
        asked = sum(map(resolved, self.customers))
        self._wait_until_waiting("congratulations", "tier-reached", 0)
        self._wait_until_waiting("apologies", "apology", asked)
        self._wait_for("points", self._granted, lambda granted: granted == asked)

    def _waiting(self, campaign: str) -> int:
        report = self.services.call("notifications", "campaign_report", campaign)
        return int(report["messages"]["waiting"])

    def _granted(self) -> int:
        totals = self.services.call("interactions", "totals")
        return sum(one["records"] for one in totals if one["type"] == "points.granted.v1")

    def compare(self, expected: Expected, mail_folder: Path) -> list[Compared]:
        """Return the reconciliation of the file with what the services say now."""
        ids = customer_ids(self.services, self.customers, NAME, format_time(datetime.now(UTC)))
        mails = sum(1 for _ in mail_folder.glob("*.eml"))
        broadcast = win_back(self.moments, ids, self.launch_at)
        report = self.services.call("notifications", "campaign_report", BROADCAST)
        return [
            *reconcile(expected, observe(self.services, ids), self.published, mails),
            *reconcile_broadcast(broadcast, report),
        ]

    def _count(self, rule: dict[str, object]) -> Callable[[], int]:
        return lambda: int(self.services.call("notifications", "segment_count", rule)["count"])

    def _wait_for_those(self, what: str, rule: dict[str, object], belongs: Callable[[str], bool]) -> None:
        wanted = sum(map(belongs, self.customers))
        self._wait_for(what, self._count(rule), lambda known: known == wanted)

    def _wait_until_waiting(self, what: str, campaign: str, messages: int) -> None:
        self._wait_for(what, partial(self._waiting, campaign), lambda waiting: waiting == messages)

    def _follow(self, what: str, count: Callable[[], int], total: int, advance: Advance) -> None:
        def counted() -> int:
            now = count()
            advance(min(now, total))
            return now

        self._wait_for(what, counted, lambda now: now >= total)

    def _wait_for(self, what: str, look: Callable[[], Seen], done: Callable[[Seen], bool]) -> None:
        """Look until it is done; patience begins anew with whatever has changed, because machines differ."""
        seen, moved_at = None, time.monotonic()
        while True:
            asked_at = time.monotonic()
            now = look()
            answered_at = time.monotonic()
            if done(now):
                return
            if now != seen:
                seen, moved_at = now, answered_at
            elif answered_at - moved_at > PATIENCE:
                raise Stalled(
                    f"waiting for {what}: at {seen}, and no further for {PATIENCE:.0f} seconds; see the logs"
                )
            # A database to which the question is a burden is left to its work for most of the time.
            time.sleep(max(POLL, REST * (answered_at - asked_at)))

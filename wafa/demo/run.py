"""The steps of the demo against a running system: publish, wait for the effects, compare."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from functools import partial
from pathlib import Path

from wafa.cli.campaign_folder import read_campaign
from wafa.cli.faults import CommandFault
from wafa.cli.history import Line, purchases, shifted
from wafa.contracts.envelope import Event
from wafa.contracts.times import format_time
from wafa.demo.expected import Expected
from wafa.demo.following import win_back
from wafa.demo.observed import customer_ids, observe
from wafa.demo.people import (
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
PATIENCE = 60.0

#: The campaigns begin when so many days of the file are still to come, at this hour of the day.
STILL_TO_COME = timedelta(days=91)
EVENING = datetime_time(22, tzinfo=UTC)
CAMPAIGNS = Path(__file__).parent / "campaigns"
HOUSE_RULES = CAMPAIGNS / "outreach.yml"
BROADCAST, TRIGGERED = "win-back", ("tier-reached", "apology")

CONSENTED: dict[str, object] = {"field": "consented", "op": "in", "value": ["email/marketing"]}
WITHDRAWN: dict[str, object] = {"field": "withdrawn", "op": "in", "value": ["email/service"]}
COMPLAINING: dict[str, object] = {"field": "open_complaints", "op": "gt", "value": 0}

Advance = Callable[[int], None]


class Stalled(CommandFault):
    """Nothing has moved for a minute; the message says where."""


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

    def introduce(self) -> None:
        """Tell who the customers are, and wait until whoever objects or complains is known to."""
        begin = min(moment for _, moment in self.moments) - timedelta(days=1)
        self.publisher.publish([*arrivals(self.customers, NAME, begin), *web_accounts(begin)])
        customer_ids(self.services, self.customers, NAME, format_time(begin))
        self._wait_for("who agrees to marketing", partial(self._are_known, CONSENTED, consenting))
        self._wait_for("who objects", partial(self._are_known, WITHDRAWN, withdrawn))
        self._wait_for("who complains", partial(self._are_known, COMPLAINING, complaining))

    def launch(self) -> None:
        """Launch the broadcast and the triggered campaigns, and wait until the broadcast is out."""
        for name in (*TRIGGERED, BROADCAST):
            file, texts = read_campaign(CAMPAIGNS / f"{name}.yml")
            for answer in (
                self.services.call("notifications", "campaign_draft", file, texts),
                self.services.call("notifications", "campaign_launch", name),
            ):
                if "campaign" not in answer:
                    raise CommandFault(f"{name}: {answer}")
        self._wait_for("the broadcast to be planned", lambda: self._state(BROADCAST) == "finished")
        # What is bought from now on counts as bought afterwards.
        self._wait_for("the broadcast to go out", lambda: not self._waiting(BROADCAST))

    def resolve(self) -> None:
        """Tell that some complaints are settled, the evening after the launch."""
        self.publisher.publish(list(resolutions(self.customers, NAME, self.launch_at + timedelta(hours=1))))
        still = partial(self._are_known, COMPLAINING, lambda one: complaining(one) and not resolved(one))
        self._wait_for("complaints to be settled", still)

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

    def follow(self, purchases: int, advance: Callable[[int], None]) -> None:
        """Wait until so many purchases are in the ledger; `advance` is told how many are."""

        def arrived() -> int:
            return int(self.services.call("loyalty", "summary")["purchases"])

        self._follow("the ledger", arrived, purchases, advance)

    def follow_mail(self, campaign: str, messages: int, advance: Callable[[int], None]) -> None:
        """Wait until so many messages of a campaign are sent or dropped."""

        def decided() -> int:
            states = self.services.call("notifications", "counts", campaign)["states"]
            return int(states.get("sent", 0) + states.get("dropped", 0))

        self._follow(f"campaign {campaign}", decided, messages, advance)

    def settle(self) -> None:
        """Wait until nobody has a message to come today, but for the question that comes three days later."""
        asked = sum(map(resolved, self.customers))
        self._wait_for("congratulations", lambda: not self._waiting("tier-reached"))
        self._wait_for("apologies", lambda: self._waiting("apology") == asked)
        self._wait_for("points", lambda: self._granted() == asked)

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

    def _state(self, campaign: str) -> str:
        return str(self.services.call("notifications", "campaign_show", campaign)["state"])

    def _are_known(self, rule: dict[str, object], belongs: Callable[[str], bool]) -> bool:
        known = self.services.call("notifications", "segment_count", rule)["count"]
        return int(known) == sum(map(belongs, self.customers))

    def _wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise Stalled(f"waiting for {what}: nothing for {PATIENCE:.0f} seconds; see the logs")
            time.sleep(POLL)

    def _follow(
        self, what: str, count: Callable[[], int], total: int, advance: Callable[[int], None]
    ) -> None:
        seen, moved_at = -1, time.monotonic()
        while (now := count()) < total:
            if now > seen:
                seen, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE:
                raise Stalled(
                    f"{what}: {now} of {total}, and no more for {PATIENCE:.0f} seconds; see the logs"
                )
            advance(now)
            time.sleep(POLL)
        advance(now)

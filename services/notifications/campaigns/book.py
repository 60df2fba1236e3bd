"""The book of campaigns: which there are, what each version says, and what is done with them now.

A version never changes, so it is read once for the life of the process. What is done with a campaign is asked
of the database each time: after a pause nobody goes on because of what was read before.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.notifications.campaigns.control import Control, Version
from services.notifications.campaigns.file import CampaignError, load, read
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.domain.campaign import Campaign
from services.notifications.store import NotificationsStore
from services.notifications.texts.text import Texts
from wafa.runtime.settings import Settings

log = structlog.get_logger(__name__)

#: Seconds within which every sender has noticed that a campaign is paused: whoever pauses waits for so long.
NOTICED = 0.05
BUILT_IN = Path(__file__).parent / "built_in"


@dataclass(frozen=True, slots=True)
class Page:
    """A version as it is kept in the book; `campaign` is None where it cannot be read."""

    campaign: Campaign | None
    texts: Texts


class Book:
    """All campaigns, those that are built in included. One for each process; safe to share among threads."""

    def __init__(self, store: NotificationsStore, policy: OutreachPolicy) -> None:
        """Read the campaigns that are built in."""
        self._store = store
        self.policy = policy
        self._pages = {one.key: Page(one, {}) for one in _built_in(policy)}
        #: Which campaigns were paused, and when we looked: one value, because threads share it.
        self._stopped: tuple[set[str], float] = set(), float("-inf")
        self.built_in = {one.campaign.id: one.campaign for one in self._pages.values() if one.campaign}

    def version(self, key: str) -> Campaign | None:
        """Return the version of this name, `win-back@3`; None where it is unknown or cannot be read."""
        page = self._page(key)
        return page.campaign if page else None

    def texts(self, key: str) -> Texts:
        """Return the texts that came with a version; whatever is not among them is one of ours."""
        page = self._page(key)
        return page.texts if page else {}

    def running(self) -> list[Campaign]:
        """Return the versions with which journeys begin now.

        Those of campaigns that are paused are among them: their messages are planned, and wait. Otherwise who
        gave cause meanwhile would never hear of it.
        """
        current = (self.version(f"{one.campaign}@{one.version}") for one in self.controls_running())
        return [one for one in current if one]

    def paused(self) -> set[str]:
        """Return the names of the campaigns of which nothing may go out now."""
        return self._store.campaigns_paused()

    def may_go(self, campaign: str) -> bool:
        """Tell whether messages of a campaign may go out, by what held `NOTICED` seconds ago at most.

        To be asked before each message: a mail server may be slow, and a slice long.
        """
        now = time.monotonic()
        stopped, looked_at = self._stopped
        if now - looked_at > NOTICED / 2:
            stopped = self.paused()
            self._stopped = stopped, now
        return campaign not in stopped

    def control(self, campaign: str) -> Control | None:
        """Return what is done with a campaign now; None if there is none of this name."""
        return self._store.control(campaign) or self._unchanged().get(campaign)

    def controls(self, after: str | None, limit: int) -> list[Control]:
        """Return that of so many campaigns, by name, from the one after this name."""
        found = {name: one for name, one in self._unchanged().items() if after is None or name > after}
        found |= {one.campaign: one for one in self._store.controls(after, limit)}
        return [found[name] for name in sorted(found)[:limit]]

    def controls_running(self) -> list[Control]:
        """Return that of all campaigns whose journeys begin now."""
        found = self._store.controls_running(self.built_in)
        known = self._unchanged() | {one.campaign: one for one in found}
        return [one for one in known.values() if one.state == "running"]

    def _unchanged(self) -> dict[str, Control]:
        """Return what holds for the campaigns that are built in until somebody says otherwise."""
        return {name: Control(campaign=name, state="running", version=0) for name in self.built_in}

    def _page(self, key: str) -> Page | None:
        if key not in self._pages:
            version = self._store.campaign_version(key)
            if version is None:
                # Whoever has just drafted it may be about to write it.
                return None
            self._pages[key] = _read(version, self.policy)
        return self._pages[key]


class Library:
    """Keeps the book of a process, which needs the settings and the store."""

    def __init__(self, policy: OutreachPolicy) -> None:
        self._policy = policy
        self._books: dict[int, Book] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> "Library":
        """Read the house rules. Raises `PolicyError`."""
        return cls(OutreachPolicy.from_settings(settings))

    def book(self, store: NotificationsStore) -> Book:
        """Return the book over this store, always the same."""
        if id(store) not in self._books:
            self._books[id(store)] = Book(store, self._policy)
        return self._books[id(store)]


def _built_in(policy: OutreachPolicy) -> list[Campaign]:
    files = sorted(BUILT_IN.glob("*.yml"))
    return [load(read(file.read_text("utf-8")).content, 0, policy) for file in files]


def _read(version: Version, policy: OutreachPolicy) -> Page:
    texts: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(version.texts)
    try:
        return Page(load(json.loads(version.content), version.version, policy), texts)
    except CampaignError as error:
        # It was sound when it was launched, by another release.
        log.error("campaign cannot be read", campaign=version.key, error=str(error))
        return Page(None, texts)

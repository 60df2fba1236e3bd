"""What is kept of a campaign: its versions, and what is done with it now."""

from datetime import datetime
from typing import Literal

import msgspec


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version of a campaign, which never changes: its data and its texts, both as JSON text."""

    campaign: str
    version: int
    content: str
    texts: str
    drafted_at: datetime

    @property
    def key(self) -> str:
        """Name of this version, for ever."""
        return f"{self.campaign}@{self.version}"


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far it has come to plan whoever is to be reached: one run of a broadcast, one day of the calendar.

    Everybody up to the id `after` is planned, `planned` of them. `token` and `until` are the lease of who
    does it now. `swept` is the last day that was done before this one.
    """

    run: str
    after: str | None = None
    planned: int = 0
    started_at: datetime | None = None
    done_at: datetime | None = None
    token: str | None = None
    until: datetime | None = None
    swept: str | None = None


class Control(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done with a campaign now. Whoever changes it must have read `revision`.

    `state`: a `draft` has never been launched, `running` lets journeys begin, `finished` does so no more;
    what is under way goes on. While it is `paused` nothing of it goes out, whatever its state. `version` is
    the one that journeys begin with, `newest` the last that was drafted, `runs` how often it was started.
    """

    campaign: str
    state: Literal["draft", "running", "finished"] = "draft"
    paused: bool = False
    version: int | None = None
    newest: int = 0
    runs: int = 0
    launched_at: datetime | None = None
    finished_at: datetime | None = None
    plan: Plan | None = None
    revision: int = 0

    @property
    def shown_state(self) -> str:
        """The state as people know it: a campaign that is paused is paused."""
        return "paused" if self.paused else self.state

"""What people do with campaigns: draft, launch, pause, resume, finish; each a guarded change of one document.

An answer is `{"campaign": {...}}`, or `{"mistakes": [{"line", "path", "message"}, ...]}` where nothing was
done. `line` is there for a file only; `reason` where there is no such campaign (`unknown_campaign`), or where
its state (`wrong_state`) or somebody else at the same moment (`busy`) stands against it. An argument of
another type than its own is an `InvalidArgument`.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from services.notifications.campaigns.book import NOTICED, Book
from services.notifications.campaigns.control import Control, Plan, Version
from services.notifications.campaigns.file import CampaignError, Mistake, completed, load, read
from services.notifications.campaigns.showing import in_full, summary
from services.notifications.domain.campaign import Broadcast, Campaign, Trigger
from services.notifications.store import NotificationsStore
from services.notifications.texts.findings import Finding
from services.notifications.texts.text import Texts
from services.notifications.texts.written import FOLDER, given_texts, read_texts
from wafa.contracts.cursor import BY_NAME
from wafa.contracts.validators import kind_of
from wafa.runtime.arguments import check_texts
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.marked_yaml import BrokenFile, Marked
from wafa.runtime.paging import asked, cut

Answer = dict[str, Any]
#: Says what is wrong with texts, for messages of a purpose.
Lint = Callable[[Texts, str], Sequence[Finding]]

#: So many of the latest versions are shown: each may hold half a million characters.
SHOWN = 20
#: So many campaigns come at a time.
MOST = 500
#: How often two people may change a campaign at once before one of them is told.
TRIES = 10


class Refused(Exception):
    """Nothing is done; `mistakes` say why."""

    def __init__(self, *mistakes: Mistake, file: Marked | None = None) -> None:
        super().__init__()
        self.mistakes = mistakes
        self.file = file


class Office:
    """Takes the commands of people. `lint` says what is wrong with texts; None looks at names only."""

    def __init__(self, store: NotificationsStore, book: Book, lint: Lint | None = None) -> None:
        self._store = store
        self._book = book
        self._lint = lint

    def check(self, campaign: object, texts: object, now: datetime) -> Answer:
        """Say what is wrong with a campaign: the text of a YAML file, or its data, and the texts with it."""
        return _told(lambda: {"campaign": summary(self._checked(campaign, given_texts(texts), now)[1], None)})

    def draft(self, campaign: object, texts: object, now: datetime) -> Answer:
        """Keep a campaign as a new version, to be launched. The same once more is no new version."""
        return _told(lambda: self._draft(campaign, given_texts(texts), now))

    def launch(self, campaign: str, now: datetime) -> Answer:
        """Let journeys begin with the newest version. What began with an earlier one goes on with that.

        A broadcast that is finished starts anew, for whoever was not reached. A campaign that is paused stays
        so.
        """
        return self._change(campaign, lambda control: self._launched(control, now))

    def pause(self, campaign: str) -> Answer:
        """Let nothing of it go out. When this returns, that holds for all but what is being handed over."""
        answer = self._change(campaign, _paused)
        time.sleep(NOTICED)
        return answer

    def resume(self, campaign: str) -> Answer:
        """Let it go on."""
        return self._change(campaign, lambda control: {"paused": None})

    def finish(self, campaign: str, now: datetime) -> Answer:
        """Let no more journeys begin; those under way go on."""
        return self._change(campaign, lambda control: _finished(control, now))

    def show(self, campaign: str) -> Answer | None:
        """Return all that is known of a campaign, of its versions the latest; None for none."""
        check_texts(campaign=campaign)
        control = self._book.control(campaign)
        if control is None:
            return None
        versions = self._store.campaign_versions(campaign, SHOWN)
        counted = self._store.counts({"campaign": campaign})
        return in_full(control, self._current(control), versions, counted)

    def campaigns(self, before: str | None = None, limit: int = 50) -> Answer:
        """Return `{"campaigns": [...], "next"}` in short, by name; `next` is the next page's `before`."""
        place, limit = asked(BY_NAME, before, limit, MOST)
        found = self._book.controls(place[0] if place else None, limit + 1)
        page, following = cut(found, limit, lambda one: BY_NAME.encode(one.campaign))
        return {"campaigns": [summary(self._current(one), one) for one in page], "next": following}

    def _draft(self, campaign: object, texts: Texts, now: datetime) -> Answer:
        content, checked = self._checked(campaign, texts, now)
        version = Version(
            campaign=checked.id,
            version=1,
            content=_json(completed(content, self._book.policy)),
            texts=_json(texts),
            drafted_at=now,
        )
        for _ in range(TRIES):
            control = self._book.control(checked.id)
            newest = self._store.campaign_version(f"{checked.id}@{control.newest}") if control else None
            if control and newest and (newest.content, newest.texts) == (version.content, version.texts):
                return self._answer(control)
            before = control or Control(campaign=checked.id)
            kept = self._store.add_version(replace(version, version=before.newest + 1))
            if changed := self._store.change_control(before, {"newest": kept.version}):
                return self._answer(changed)
        raise _busy(checked.id)

    def _checked(self, given: object, texts: Texts, now: datetime) -> tuple[Mapping[str, Any], Campaign]:
        """Return a campaign's data, and the campaign that they describe. Raises `Refused`."""
        file = _file(given)
        content = file.content if file else given
        try:
            campaign = load(content, 0, self._book.policy, templates=self._templates(texts))
        except CampaignError as error:
            raise Refused(*error.mistakes, file=file) from None
        assert isinstance(content, Mapping)
        return content, campaign

    def _launched(self, control: Control, now: datetime) -> Mapping[str, Any]:
        running = control.state == "running"
        if running and control.version == control.newest:
            told = f"version {control.newest} runs already; draft another one to change it"
            raise Refused(_of_state(told))
        campaign = self._launchable(control)
        changes: dict[str, Any] = {"state": "running", "version": control.newest, "launched_at": now}
        if running and _kind(campaign) == _kind(self._current(control)):
            # The new version goes on from where the planner stands.
            return changes
        runs = control.runs + 1
        broadcast = isinstance(campaign.start, Broadcast)
        plan = Plan(run=f"run {runs}", started_at=now) if broadcast else None
        return changes | {"runs": runs, "plan": plan, "finished_at": None}

    def _launchable(self, control: Control) -> Campaign:
        """Return the newest version, sound by what is known today. Raises `Refused`."""
        if control.newest == 0:
            return self._book.built_in[control.campaign]
        version = self._store.campaign_version(f"{control.campaign}@{control.newest}")
        assert version, "a version is kept before it is the newest"
        texts = json.loads(version.texts)
        try:
            campaign = load(
                json.loads(version.content),
                version.version,
                self._book.policy,
                templates=self._templates(texts),
            )
        except CampaignError as error:
            raise Refused(*error.mistakes) from None
        found = self._lint(texts, campaign.purpose) if self._lint and texts else ()
        if errors := [_mistake(one) for one in found if one.level == "error"]:
            raise Refused(*errors)
        return campaign

    def _change(self, campaign: str, change: Callable[[Control], Mapping[str, Any]]) -> Answer:
        check_texts(campaign=campaign)

        def changed() -> Answer:
            for _ in range(TRIES):
                control = self._book.control(campaign)
                if control is None:
                    told = f"there is no campaign {campaign!r}"
                    raise Refused(Mistake(("campaign",), told, "unknown_campaign"))
                if done := self._store.change_control(control, change(control)):
                    return self._answer(done)
            raise _busy(campaign)

        return _told(changed)

    def _answer(self, control: Control) -> Answer:
        return {"campaign": summary(self._current(control), control)}

    def _current(self, control: Control) -> Campaign | None:
        """Return the version that journeys begin with, of a draft the newest."""
        number = control.newest if control.version is None else control.version
        return self._book.version(f"{control.campaign}@{number}")

    def _templates(self, texts: Texts) -> set[str]:
        return {*texts, *read_texts(FOLDER)}


def _kind(campaign: Campaign | None) -> object:
    """Return what starts it: how far one kind has been planned says nothing about another."""
    start = campaign.start if campaign else None
    return start.on if isinstance(start, Trigger) else type(start)


def _paused(control: Control) -> Mapping[str, Any]:
    if control.state == "draft":
        raise Refused(_of_state(f"{control.campaign} is a draft: nothing of it goes out"))
    return {"paused": True}


def _finished(control: Control, now: datetime) -> Mapping[str, Any]:
    if control.state == "draft":
        raise Refused(_of_state(f"{control.campaign} is a draft: nothing of it has begun"))
    return {} if control.state == "finished" else {"state": "finished", "finished_at": now}


def _told(answer: Callable[[], Answer]) -> Answer:
    try:
        return answer()
    except Refused as refused:
        return {"mistakes": [_plain(one, refused.file) for one in refused.mistakes]}


def _plain(mistake: Mistake, file: Marked | None) -> Answer:
    line = {"line": file.line(mistake.place)} if file else {}
    reason = {"reason": mistake.reason} if mistake.reason else {}
    return {**line, "path": mistake.path, "message": mistake.message, **reason}


def _file(given: object) -> Marked | None:
    if isinstance(given, Mapping):
        return None
    if not isinstance(given, str):
        raise InvalidArgument("campaign", f"must be a string or an object, not {kind_of(given)}")
    try:
        return read(given)
    except BrokenFile as error:
        nowhere = Marked(None, {(): error.line or 1})
        raise Refused(Mistake((), str(error)), file=nowhere) from None


def _mistake(finding: Finding) -> Mistake:
    names = filter(None, (finding.template, finding.language, finding.part))
    where = f"line {finding.line}: " if finding.line else ""
    return Mistake(("texts", ".".join(names)), where + finding.message)


def _of_state(message: str) -> Mistake:
    return Mistake(("campaign",), message, "wrong_state")


def _busy(campaign: str) -> Refused:
    return Refused(Mistake(("campaign",), f"somebody else keeps changing {campaign}; try again", "busy"))


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)

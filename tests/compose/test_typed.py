"""Commands of docs/operating.md, typed word for word: what the night shift is told to do can be done.

Those of backup and restore, and of Prometheus, have tests of their own.
"""

import json
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from tests.compose.documents import chapters, typed, typed_in_passing
from tests.compose.stack import Containers
from tests.waiting import eventually

TILL = "pos"
PEOPLE = ("web@example.com", "17", "layla@example.com", "18", "19")
MISTAKE, MEANT = "much", "12.50"


@dataclass(frozen=True, slots=True)
class Counter:
    """Somebody at a terminal.

    `people` are ids of some who have bought, by how the till knows them; `refused` is what quarantine calls
    the event with the mistake.
    """

    containers: Containers
    people: dict[str, str] = field(default_factory=dict)
    refused: str = ""

    def types(self, commands: str, **named: str) -> str:
        """Type commands with values in the place of words in capitals; return what is shown."""
        for word, value in named.items():
            commands = re.sub(rf"\$?\b{word}\b", value, commands)
        return self.containers.as_documented(commands)

    def asks(self, command: str) -> Any:
        return json.loads(self.types(f"docker compose exec -T {command} --json"))

    def looks(self, commands: str, **named: str) -> None:
        """Type each line; what searches in what another shows may find nothing."""
        for line in commands.splitlines():
            shown, *searches = line.split(" | ")
            self.types(shown, **named)
            if searches:
                self.types(f"{line} || test $? = 1", **named)

    def key(self, role: str) -> str:
        return str(self.asks(f"gateway wafa keys create Night --role {role}")["token"])

    def front_door(self, commands: str) -> str:
        """Return commands with the port at which the front door is published here."""
        return commands.replace("127.0.0.1:8000", self.types("docker compose port web 8000").strip())


@pytest.fixture(scope="module")
def counter(containers: Containers, figures: list[dict[str, str]]) -> Counter:
    """The demo compares totals: it comes first."""
    till = containers.drive("counter.py", "typed", MISTAKE, *PEOPLE)
    till.end()
    assert till.process.returncode == 0
    counter = Counter(containers)

    def known(person: str) -> str | None:
        way = f"--email {person}" if "@" in person else f"--external {TILL} {person}"
        try:
            return str(counter.asks(f"customers wafa customers show {way}")["customer"]["customer_id"])
        except AssertionError:
            return None

    for person in PEOPLE:
        counter.people[person] = eventually(partial(known, person), every=1) or ""
    invalid = counter.asks("interactions wafa rejected list --reason invalid")["rejected"]
    [refused] = [one["id"] for one in invalid if one["event_id"] == "typed-wrong"]
    return replace(counter, refused=refused)


def test_whether_all_is_well(counter: Counter) -> None:
    commands = typed_in_passing("Is all well?")
    assert len(commands) == 5
    for command in commands:
        counter.types(command)


@pytest.mark.parametrize("alert", chapters(below="Alerts"))
def test_what_an_alert_says_to_look_at_can_be_looked_at(counter: Counter, alert: str) -> None:
    for commands in typed(alert):
        named = {"KEY": counter.key("admin")} if "$KEY" in commands else {}
        counter.looks(counter.front_door(commands), ID=counter.refused, **named)


def test_a_service_says_whether_it_is_ready(counter: Counter) -> None:
    [ask] = typed("A service is not ready")
    assert '"mongodb"' in counter.types(ask)


def test_a_refused_event_is_corrected_and_replayed(counter: Counter) -> None:
    [commands] = typed("Events are in quarantine")
    show_all, show, keep, replay = commands.splitlines()
    id = counter.refused
    assert id[:8] in counter.types(show_all)
    counter.types(f"{show}\n{keep}", ID=id)
    event = counter.containers.folder / "event.json"
    event.write_text(event.read_text("utf-8").replace(MISTAKE, MEANT), "utf-8")
    counter.types(replay, ID=id)


def test_who_is_one_person_is_merged_and_told_apart_again(counter: Counter) -> None:
    [commands] = typed("Merge and un-merge")
    counter.types(commands, FROM=counter.people["layla@example.com"], INTO=counter.people["18"])


def test_all_that_is_known_of_a_person_is_shown_exported_and_erased(counter: Counter) -> None:
    [show] = typed("Show and export")
    [erase] = typed("Erase")
    id = counter.people["19"]
    counter.types(show, ID=id)
    assert id in (counter.containers.folder / "person.json").read_text("utf-8")
    ask, do = erase.splitlines()
    counter.types(f"{ask}\n{do} --yes", ID=id)


def test_a_member_is_shown_as_on_a_past_day(counter: Counter) -> None:
    [commands] = typed("A member on a past day")
    counter.types(commands, ID=counter.people["layla@example.com"])


def test_keys_are_made_listed_exchanged_and_revoked(counter: Counter) -> None:
    [commands] = typed("The front door and its keys")
    create, *others = counter.front_door(commands).splitlines()
    counter.types(create)
    keys = counter.asks("gateway wafa keys list")
    prefix = next(one["prefix"] for one in keys if one["name"] == "Web shop")
    counter.types("\n".join(others), PREFIX=prefix, WAFA_KEY=counter.key("operator"))


def test_a_changed_program_is_applied(counter: Counter) -> None:
    [commands] = typed("The loyalty program was changed")
    counter.types(commands)


def test_a_damaged_audience_would_be_found(counter: Counter) -> None:
    [verify] = typed("The audience is damaged or lost")
    counter.types(verify)


def test_who_wants_to_hear_events_gets_a_user(counter: Counter) -> None:
    [_, admit] = typed("Start, stop, scale")
    counter.types(admit, SECRET="long-enough")

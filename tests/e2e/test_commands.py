"""The `wafa` command against a running system, as people and scripts use it."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.times import format_time
from wafa.runtime.clock import now
from wafa.stack import Stack

Json = dict[str, Any]


@pytest.fixture
def wafa(system: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AMQP_URI", system.amqp_uri)

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=stdin, catch_exceptions=False)

    return run


def purchase(who: str, amount: str = "120.00", **more: Any) -> Json:
    id = str(uuid.uuid4())
    data = {
        "customer": {"email": f"{who}@example.com", "name": "منى حداد", "locale": "ar-EG"},
        "purchase_id": id,
        "total": {"amount": amount, "currency": "USD"},
        **more,
    }
    about = {"specversion": "1.0", "id": id, "source": "/test", "type": "purchase.completed.v1"}
    return {**about, "time": format_time(now()), "data": data}


def card_of(wafa: Any, who: str) -> Json | None:
    result = wafa("card", "--email", f"{who}@example.com", "--json")
    found: Json | None = json.loads(result.stdout) if result.exit_code == 0 else None
    return found if found and found["member"] else None


def test_a_published_purchase_shows_on_the_card(wafa: Any, unique: str) -> None:
    assert wafa("publish", stdin=json.dumps(purchase(unique))).exit_code == 0

    card = eventually(lambda: card_of(wafa, unique))

    assert (card["name"], card["member"]["tier"], card["recognized"]) == ("منى حداد", "silver", False)
    shown = wafa("card", "--email", f"{unique}@example.com").stdout
    assert "منى حداد" in shown
    assert "فضي" in shown


def test_events_are_published_from_a_file_one_a_line_or_as_an_array(
    wafa: Any, unique: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([purchase(unique) for _ in range(3)], indent=1))
    assert wafa("publish", str(file)).exit_code == 0
    lines = "\n".join(json.dumps(purchase(unique)) for _ in range(2))
    assert wafa("publish", stdin=lines).exit_code == 0

    eventually(lambda: (card := card_of(wafa, unique)) and card["member"]["purchase_count"] == 5)


def test_an_invalid_line_is_named_and_the_others_are_published(wafa: Any, unique: str) -> None:
    lines = [json.dumps(purchase(unique)), "{", json.dumps(purchase(unique, amount="1,50"))]

    result = wafa("publish", stdin="\n".join(lines))

    assert result.exit_code == 1
    assert "line 2: not JSON" in result.stderr
    assert "line 3: invalid at data.total.amount" in result.stderr
    eventually(lambda: card_of(wafa, unique))


def test_a_customer_with_an_open_complaint_is_apologised_to_first(wafa: Any, unique: str) -> None:
    complaint = purchase(unique, complaint_id="c1", category="late", severity="high")
    complaint = {**complaint, "id": str(uuid.uuid4()), "type": "complaint.opened.v1"}
    wafa("publish", stdin="\n".join(map(json.dumps, [purchase(unique), complaint])))

    card = eventually(lambda: (found := card_of(wafa, unique)) and found["open_cases"] and found)

    assert card["say"]["en"].startswith("There is an open complaint")


def test_quarantine_is_listed_corrected_and_replayed(wafa: Any, unique: str, tmp_path: Path) -> None:
    broken = purchase(unique, amount="1.005")
    wafa("publish", "--unchecked", stdin=json.dumps(broken))

    def listed() -> list[Json]:
        entries = json.loads(wafa("rejected", "list", "--json").stdout)["rejected"]
        return [entry for entry in entries if entry["event_id"] == broken["id"]]

    [entry] = eventually(listed)
    assert (entry["reason"], entry["path"]) == ("invalid", "data.total.amount")
    assert (
        entry["id"] in wafa("rejected", "list").stdout.replace("\n", "")
        or wafa("rejected", "list").exit_code == 0
    )
    assert wafa("rejected", "replay", entry["id"]).exit_code == 1, "it is still invalid"

    file = tmp_path / "event.json"
    file.write_text(wafa("rejected", "show", entry["id"], "--body").stdout.replace("1.005", "1.01"))
    assert wafa("rejected", "replay", entry["id"], "--with", str(file)).exit_code == 0

    eventually(lambda: card_of(wafa, unique))
    assert listed() == []


def test_a_history_is_replayed_and_rebuilding_finds_no_difference(
    wafa: Any, unique: str, tmp_path: Path
) -> None:
    history = tmp_path / f"{unique}.csv"
    history.write_text("customer,date,amount\n7,2026-01-05,10.00\n7,2026-02-05,20.00\n")

    assert wafa("replay", str(history), "--until", "2026-06-30").exit_code == 0

    def member() -> Json | None:
        result = wafa("card", "--external", unique, "7", "--json")
        return json.loads(result.stdout)["member"] if result.exit_code == 0 else None

    found = eventually(lambda: (one := member()) and one["purchase_count"] == 2 and one)
    assert (found["spend"]["amount"], found["last_purchase_at"]) == ("30.00", "2026-06-30T00:00:00Z")
    verified = wafa("rebuild", "loyalty", "--verify", "--json")
    assert (verified.exit_code, json.loads(verified.stdout)["different"]) == (0, [])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("customer,amount\n1,2\n", "columns date"),
        ("customer,date,amount\n1,2026-01-05,ten\n", "line 2"),
        ("customer,date,amount\n1,05.01.2026,10\n", "line 2"),
    ],
)
def test_a_history_that_cannot_be_read_is_named_with_its_line(
    wafa: Any, tmp_path: Path, content: str, says: str
) -> None:
    history = tmp_path / "history.csv"
    history.write_text(content)

    result = wafa("replay", str(history))

    assert result.exit_code == 1
    assert says in result.stderr


def test_nobody_known_is_told_by_words_and_exit_code(wafa: Any) -> None:
    assert wafa("card", "--email", "nobody@example.com").exit_code == 1
    assert wafa("card").exit_code == 2, "who?"
    assert wafa("rejected", "show", "no-such-id").exit_code == 1


def test_every_command_explains_itself_with_an_example(wafa: Any) -> None:
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        told = wafa(name, "--help")
        assert told.exit_code == 0
        assert "wafa" in told.stdout

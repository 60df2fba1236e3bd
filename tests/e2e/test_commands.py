"""The `wafa` command against a running system, as people and scripts use it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.examples import example
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
        return [entry for entry in entries if entry.get("event_id") == broken["id"]]

    [entry] = eventually(listed)
    assert (entry["reason"], entry["path"]) == ("invalid", "data.total.amount")
    assert entry["id"] in wafa("rejected", "list").stdout
    assert wafa("rejected", "replay", entry["id"]).exit_code == 1, "it is still invalid"

    file = tmp_path / "event.json"
    file.write_text(wafa("rejected", "show", entry["id"], "--body").stdout.replace("1.005", "1.01"))
    assert wafa("rejected", "replay", entry["id"], "--with", str(file)).exit_code == 0

    eventually(lambda: card_of(wafa, unique))
    assert listed() == []


def test_what_is_hardly_an_event_ends_in_quarantine_too(wafa: Any, unique: str) -> None:
    """Published unchecked: without a type, no object, no JSON; an event among them arrives."""
    lines = [json.dumps(purchase(unique)), json.dumps({"id": unique}), json.dumps(f"said {unique}"), unique]

    assert wafa("publish", "--unchecked", stdin="\n".join(lines)).exit_code == 0

    def refused() -> bool:
        entries = json.loads(wafa("rejected", "list", "--json").stdout)["rejected"]
        bodies = [wafa("rejected", "show", entry["id"], "--body").stdout.strip() for entry in entries]
        return {f'{{"id":"{unique}"}}', f'"said {unique}"', unique} <= set(bodies)

    eventually(refused)
    eventually(lambda: card_of(wafa, unique))


def test_markup_in_an_event_is_printed_as_it_is(wafa: Any, unique: str) -> None:
    broken = {**purchase(unique, amount="[/x]"), "id": f"[/b]{unique}"}
    named = wafa("publish", stdin=json.dumps(broken))
    assert (named.exit_code, "line 1: invalid at data.total.amount" in named.stderr) == (1, True)
    wafa("publish", "--unchecked", stdin=json.dumps(broken))

    eventually(lambda: broken["id"] in wafa("rejected", "list", "--json").stdout)
    assert "[/b]" in wafa("rejected", "list").stdout

    called = purchase(unique, customer={"email": f"{unique}@example.com", "name": "[red] [/x]"})
    wafa("publish", stdin=json.dumps(called))
    eventually(lambda: card_of(wafa, unique))
    assert "[red] [/x]" in wafa("card", "--email", f"{unique}@example.com").stdout


def test_what_comes_through_a_pipe_is_published_while_the_pipe_is_open(wafa: Any, unique: str) -> None:
    command = [sys.executable, "-m", "wafa.cli", "publish"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin
        for expected in (1, 2):
            process.stdin.write(json.dumps(purchase(unique)) + "\n")
            process.stdin.flush()
            eventually(lambda n=expected: (c := card_of(wafa, unique)) and c["member"]["purchase_count"] == n)
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 1
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(wafa: Any, unique: str) -> None:
    wafa("publish", "--unchecked", stdin="\n".join(f'"{unique} {number}"' for number in range(200)))
    eventually(lambda: wafa("rejected", "list", "--json", "--limit", "500").stdout.count('"id"') >= 200)
    command = f"{sys.executable} -m wafa.cli rejected list --limit 500 | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""


def test_a_customer_who_was_written_to_or_not_is_found_with_the_reason(wafa: Any, unique: str) -> None:
    days = ("2026-01-05T10:00:00Z", "2026-02-05T10:00:00Z")
    wafa("publish", stdin="\n".join(json.dumps({**purchase(unique), "time": day}) for day in days))

    def found() -> list[Json]:
        result = wafa("outreach", "--email", f"{unique}@example.com", "--json")
        return json.loads(result.stdout)["outreach"] if result.exit_code == 0 else []

    [message] = eventually(found)
    assert message["campaign"] == "recognition"
    assert message["customer_id"] in wafa("outreach", "--email", f"{unique}@example.com").stdout
    assert wafa("outreach", "--email", "nobody@example.com").exit_code == 1
    assert wafa("outreach", "--email", "no address").exit_code == 2


def test_a_segment_is_counted_and_looked_at_by_what_other_systems_say_of_customers(
    wafa: Any, unique: str
) -> None:
    customer = {"email": f"{unique}@example.com", "name": "Sara", "tags": [unique]}
    registered = example("customer.registered.v1") | {"id": unique, "data": {"customer": customer}}
    wafa("publish", stdin=json.dumps(registered))
    rule = json.dumps({"field": "tags", "op": "eq", "value": unique})
    eventually(lambda: wafa("segment", "count", rule).stdout == "1\n")
    assert "Sara" in wafa("segment", "sample", rule).stdout
    assert '"count": 0' in wafa("segment", "count", "quiet_complainers", "--json").stdout
    assert "معرضون للفقدان" in wafa("segment", "list").stdout
    assert "next_tier_missing" in wafa("segment", "list", "--fields").stdout
    wrong = wafa("segment", "count", '{"and": [{"field": "tags", "op": "eq", "value": {"$gt": ""}}]}')
    assert wrong.exit_code == 2
    assert "and[0].value: must be a string" in wrong.output


def test_two_customers_are_merged_and_separated_by_what_others_call_them(wafa: Any, unique: str) -> None:
    till = {"external_ids": [{"system": "pos", "id": unique}]}
    wafa("publish", stdin="\n".join(map(json.dumps, [purchase(unique), purchase("x", customer=till)])))
    eventually(lambda: card_of(wafa, unique))
    by_address, at_the_till = ("--email", f"{unique}@example.com"), ("--external", "pos", unique)
    eventually(lambda: wafa("members", "ledger", *at_the_till).exit_code == 0)

    both = ("--from-email", f"{unique}@example.com", "--into-external", "pos", unique)
    assert f"{unique}@example.com" in wafa("customers", "merge", *both, "--dry-run").stdout
    assert wafa("customers", "merge", *both).exit_code == 0

    def purchases(*who: str) -> int:
        return int(json.loads(wafa("members", "show", *who, "--json").stdout)["purchase_count"])

    assert (purchases(*by_address), purchases(*at_the_till)) == (2, 2)
    assert wafa("customers", "unmerge", *by_address).exit_code == 0
    assert (purchases(*by_address), purchases(*at_the_till)) == (1, 1)


def test_the_running_system_is_told_to_a_shell(
    wafa: Any, infrastructure: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAFA_STATE", str(infrastructure.log_folder.parent))
    script = f'eval "$({sys.executable} -m wafa.cli env)"; echo "$AMQP_URI $MONGODB_URI $WAFA_SMTP_URL"'
    done = subprocess.run(script, shell=True, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == list(infrastructure.environment().values())
    assert json.loads(wafa("env", "--json").stdout)["amqp_uri"] == infrastructure.amqp_uri


def test_a_campaign_goes_from_a_file_to_its_end(wafa: Any, tmp_path: Path) -> None:
    file = tmp_path / "thanks.yml"
    file.write_text(
        "campaign: thanks\n"
        "title: {en: Thanks, ar: شكرًا}\n"
        "purpose: servise\n"
        "start: {on: customer.recognized}\n"
        "steps:\n"
        "  - message: {id: hello, template: recognized, channels: [email]}\n",
        "utf-8",
    )
    wrong = wafa("campaign", "check", str(file))
    assert (wrong.exit_code, wrong.stderr.startswith(f"{file}:3: purpose: expected")) == (1, True)
    file.write_text(file.read_text("utf-8").replace("servise", "service"), "utf-8")

    for command, state in (
        (("check", str(file)), None),
        (("draft", str(file)), "draft"),
        (("launch", "thanks"), "running"),
        (("pause", "thanks"), "paused"),
        (("resume", "thanks"), "running"),
        (("finish", "thanks"), "finished"),
        (("show", "thanks"), None),
    ):
        result = wafa("campaign", *command, "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert state is None or found["campaign"]["state"] == state
    states = {one["campaign"]: one["state"] for one in json.loads(wafa("campaign", "list", "--json").stdout)}
    assert states == {"recognition": "running", "thanks": "finished"}


def test_a_program_file_that_is_wrong_ends_loyalty_with_a_sentence(
    wafa: Any, system: Stack, tmp_path: Path
) -> None:
    program = tmp_path / "loyalty.yml"
    program.write_text("base_currency: XXX\n")
    environment = {
        **os.environ,
        **system.environment(),
        "WAFA_LOYALTY_PROGRAM": str(program),
        "WAFA_HTTP_PORT": "0",
        "WAFA_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "wafa.cli", "run", "loyalty"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"wafa: {program}, line 1: ")
    assert "Traceback" not in done.stderr


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


def test_nobody_known_is_told_by_words_and_exit_code(wafa: Any) -> None:
    assert wafa("card", "--email", "nobody@example.com").exit_code == 1
    assert wafa("card").exit_code == 2, "who?"
    assert wafa("rejected", "show", "no-such-id").exit_code == 1

"""`wafa customers`, with services that answer as the real ones do."""

import json
from typing import Any

import pytest

from wafa.cli import customers, customers_views, receipts

FROM, INTO = "7d444840-9dc0-41d1-b245-5ffdce74fad2", "0a4de8d2-4f55-4c50-8f21-7e0f5b6d1103"
CHANGE = "2f11dd04-fe29-47d6-bee7-44e59a9e5ab7"
EVERYBODY = ["interactions", "loyalty", "notifications"]
AT = "2026-03-01T12:00:00Z"


def change(confirmed: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "change_id": CHANGE,
        "kind": "merge",
        "from": FROM,
        "into": INTO,
        "customer_ids": [FROM, INTO],
        "requested_at": AT,
        "state": "published",
        "confirmed": dict.fromkeys(EVERYBODY[:confirmed], AT),
        "waiting_for": EVERYBODY[confirmed:],
        **fields,
    }


class Services:
    """Answers from a table; a list of answers is given one after the other, the last one for ever."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple] = []

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None: ...

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.append((f"{service}.{method}", args, kwargs))
        answer = self.answers[f"{service}_{method}"]
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services(
        interactions_timeline=[
            {"interactions": [{"interaction_id": "i1", "time": AT}], "next": "~"},
            {"interactions": [{"interaction_id": "i2", "time": AT}], "next": None},
        ],
        interactions_card={"open_cases": [{"category": "late"}]},
        loyalty_member={
            "purchase_count": 1234,
            "spend": {"amount": "29.33", "currency": "USD"},
            "points": 5,
            "tier": "silver",
        },
        loyalty_ledger={"entries": [{"entry": 2}, {"entry": 1}], "next": None},
        notifications_audience={"name": "ليلى"},
        notifications_outreach={"outreach": [{"outreach_id": "o1"}], "next": None},
    )
    monkeypatch.setattr(customers, "client", lambda: services)
    monkeypatch.setattr(customers_views, "client", lambda: services)
    monkeypatch.setattr(receipts, "POLL", 0.001)
    monkeypatch.setattr("rich.console.Console.width", 80)
    return services


MOVES = {
    "emails": ["layla@example.com"],
    "phones": [],
    "external_ids": [{"system": "shop", "id": "17"}],
    "profile": {
        "name": {"before": None, "after": "ليلى"},
        "email": {"before": "l@example.com", "after": "layla@example.com"},
    },
    "consents": [{"channel": "email", "purpose": "marketing", "before": "granted", "after": "withdrawn"}],
}


def test_a_merge_waits_for_everybody_and_prints_the_receipts(wafa, services) -> None:
    services.answers["customers_merge"] = change()
    services.answers["customers_changes"] = [{"changes": [change(number)]} for number in (1, 2, 3)]
    told = wafa("customers", "merge", FROM, INTO)
    assert told.exit_code == 0
    for words in (CHANGE, FROM, INTO, f"loyalty {AT}"):
        assert words in told.stdout
    assert services.asked[0] == ("customers.merge", (FROM, INTO), {"dry_run": False, "force": False})


def test_who_has_not_confirmed_in_time_is_named_and_nothing_is_lost(wafa, services, monkeypatch) -> None:
    monkeypatch.setattr(receipts, "PATIENCE", 0.2)
    services.answers["customers_merge"] = change()
    services.answers["customers_changes"] = {"changes": [change(1)]}
    told = wafa("customers", "merge", FROM, INTO, "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout) == change(1)
    assert "loyalty, notifications. Nothing is lost" in told.stderr


def test_whoever_does_not_want_to_wait_does_not(wafa, services) -> None:
    services.answers["customers_unmerge"] = change(kind="unmerge")
    told = wafa("customers", "unmerge", FROM, "--no-wait", "--json")
    assert (told.exit_code, json.loads(told.stdout)["kind"]) == (0, "unmerge")
    assert len(services.asked) == 1


@pytest.mark.parametrize("flags", [[], ["--json"], ["--dry-run"]])
def test_a_refusal_is_a_sentence(wafa, services, flags) -> None:
    error = {"reason": "ring", "path": "into", "message": "turn them around"}
    services.answers["customers_merge"] = {"error": error}
    told = wafa("customers", "merge", FROM, INTO, *flags)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "ring: turn them around" in told.stderr


def dry(kind: str) -> dict[str, Any]:
    about = {"from": FROM, "into": INTO} if kind != "erase" else {}
    return {"dry_run": True, "kind": kind, **about, "customer_ids": [], "customer_id": INTO, "moves": MOVES}


@pytest.mark.parametrize(("kind", "ids"), [("merge", [FROM, INTO]), ("unmerge", [FROM]), ("erase", [INTO])])
def test_a_dry_run_lists_what_would_move_in_all_services(wafa, services, kind, ids) -> None:
    services.answers[f"customers_{kind}"] = dry(kind)
    told = wafa("customers", kind, *ids, "--dry-run")
    assert told.exit_code == 0
    for words in (
        "layla@example.com",
        "17 in shop",
        "nothing -> ليلى",
        "granted -> withdrawn",
        "preferred e-mail",
    ):
        assert words in told.stdout
    for words in ("1,234", "29.33 USD", "silver", "open cases", "messages", "Nothing was changed."):
        assert words in told.stdout
    assert all(id in told.stdout for id in ids)
    asked_about = {args[0] for name, args, _ in services.asked if name == "loyalty.member"}
    assert asked_about == {FROM if kind == "merge" else INTO}


def test_a_dry_run_does_not_say_that_all_that_both_have_would_leave(wafa, services) -> None:
    services.answers["customers_unmerge"] = dry("unmerge")
    told = " ".join(wafa("customers", "unmerge", FROM, "--dry-run").stdout.split())
    assert f"of both together, of which {FROM} gets back" in told


def test_a_dry_run_of_an_erasure_names_the_other_ids_that_go_too(wafa, services) -> None:
    services.answers["customers_erase"] = {**dry("erase"), "customer_ids": [INTO, FROM]}
    assert FROM in wafa("customers", "erase", INTO, "--dry-run").stdout


def test_a_dry_run_for_a_script_is_json(wafa, services) -> None:
    services.answers["customers_erase"] = dry("erase")
    told = json.loads(wafa("customers", "erase", INTO, "--dry-run", "--json").stdout)
    assert told["moves"] == MOVES
    assert told["elsewhere"] == {
        "interactions": 2,
        "open_cases": 1,
        "purchases": 1234,
        "spend": {"amount": "29.33", "currency": "USD"},
        "points": 5,
        "tier": "silver",
        "messages": 1,
    }


def test_an_erasure_shows_whom_it_is_about_and_happens_only_when_somebody_is_sure(wafa, services) -> None:
    services.answers["customers_erase"] = [dry("erase"), dry("erase"), change(3, kind="erase")]
    told = wafa("customers", "erase", INTO, stdin="n\n")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.index("layla@example.com") < told.stderr.index(f"Erase everything about {INTO}?")
    assert wafa("customers", "erase", INTO, stdin="y\n").exit_code == 0
    assert wafa("customers", "erase", INTO, "--yes").exit_code == 0
    dry_runs = [named["dry_run"] for name, _, named in services.asked if name == "customers.erase"]
    assert dry_runs == [True, True, False, False]


def test_nobody_is_asked_whether_they_are_sure_to_erase_who_is_not_there(wafa, services) -> None:
    error = {"reason": "unknown_customer", "path": "customer_id", "message": "no customer has the id typo"}
    services.answers["customers_erase"] = {"error": error}
    told = wafa("customers", "erase", "typo", stdin="y\n")
    assert (told.exit_code, "no customer has the id typo" in told.stderr) == (1, True)
    assert "Erase everything" not in told.stderr


def test_an_erasure_that_has_happened_is_shown_without_a_question(wafa, services) -> None:
    services.answers["customers_erase"] = change(3, kind="erase")
    told = wafa("customers", "erase", INTO)
    assert (told.exit_code, CHANGE in told.stdout) == (0, True)


def test_two_people_in_one_system_are_merged_with_force_and_the_refusal_says_so(wafa, services) -> None:
    error = {"reason": "conflicting_identifier", "path": "from", "message": "both have an id of their own"}
    services.answers["customers_merge"] = {"error": error}
    told = wafa("customers", "merge", FROM, INTO)
    assert (told.exit_code, "`--force` merges them all the same" in told.stderr) == (1, True)
    error["reason"] = "already_merged"
    assert f"`wafa customers unmerge {FROM}`" in wafa("customers", "merge", FROM, INTO).stderr


def test_each_of_two_may_be_found_by_what_other_systems_call_them(wafa, services) -> None:
    services.answers["customers_lookup"] = [{"customer_id": FROM}, {"customer_id": INTO}]
    services.answers["customers_merge"] = dry("merge")
    found = ("--from-email", "w@example.com", "--into-external", "pos", "17")
    assert wafa("customers", "merge", *found, "--dry-run").exit_code == 0
    assert [named for name, _, named in services.asked if name == "customers.lookup"] == [
        {"email": "w@example.com", "phone": None, "system": None, "id": None},
        {"email": None, "phone": None, "system": "pos", "id": "17"},
    ]
    [args] = [args for name, args, _ in services.asked if name == "customers.merge"]
    assert args == (FROM, INTO)


def test_an_id_beside_an_option_is_the_other_one_of_the_two(wafa, services) -> None:
    services.answers["customers_lookup"] = {"customer_id": FROM}
    services.answers["customers_merge"] = dry("merge")
    assert wafa("customers", "merge", INTO, "--from-phone", "+966501234567", "--dry-run").exit_code == 0
    assert services.asked[1][1] == (FROM, INTO)


@pytest.mark.parametrize(
    "given",
    [[], [FROM], [FROM, INTO, FROM], [FROM, INTO, "--from-email", "a@example.com"]],
    ids=["nobody", "one", "three", "one twice"],
)
def test_two_people_are_two(wafa, services, given) -> None:
    told = wafa("customers", "merge", *given)
    assert (told.exit_code, services.asked) == (2, [])
    assert "say who FROM is, and who INTO is" in told.stderr


def aliases(*ids: str) -> dict[str, Any]:
    records = [{"customer_id": INTO}, *({"customer_id": id, "identifiers": [f"email:{id}"]} for id in ids)]
    return {**DOSSIER, "records": records}


def test_who_was_merged_is_separated_without_knowing_their_id(wafa, services) -> None:
    services.answers["customers_lookup"] = {"customer_id": INTO}
    services.answers["customers_dossier"] = [aliases(FROM), aliases(FROM, "third"), aliases()]
    services.answers["customers_unmerge"] = change(3, kind="unmerge")
    by_email = ("customers", "unmerge", "--email", "layla@example.com")
    assert wafa(*by_email).exit_code == 0
    assert services.asked[-1][1] == (FROM,)
    several = wafa(*by_email)
    assert (several.exit_code, f"{FROM}  email:{FROM}\nthird  email:third" in several.stderr) == (1, True)
    assert "nobody was merged into" in wafa(*by_email).stderr


DOSSIER = {
    "customer": {
        "customer_id": INTO,
        "version": 3,
        "name": "ليلى [/b]\x1b[2J",
        "emails": ["layla@example.com"],
        "phones": [],
        "external_ids": [],
        "consents": [{"channel": "email", "purpose": "marketing", "status": "granted", "at": AT}],
    },
    "records": [{"customer_id": INTO}, {"customer_id": FROM}],
    "changes": [change(3)],
}


def test_a_customer_is_shown_with_their_other_ids_and_changes(wafa, services) -> None:
    services.answers["customers_dossier"] = DOSSIER
    told = wafa("customers", "show", INTO).stdout
    for words in ("also known as", FROM, "layla@example.com", f"granted on {AT}", "ليلى [/b]", CHANGE):
        assert words in told
    assert "\x1b" not in told
    assert json.loads(wafa("customers", "show", INTO, "--json").stdout) == DOSSIER


def test_an_erased_customer_is_shown_as_such(wafa, services) -> None:
    records = [{"customer_id": INTO, "erased": True}]
    services.answers["customers_dossier"] = {**DOSSIER, "records": records, "changes": []}
    assert "this customer was erased" in wafa("customers", "show", INTO).stdout.replace("\n", " ")


@pytest.mark.parametrize("command", ["show", "export"])
def test_nobody_by_that_id_is_said(wafa, services, command) -> None:
    services.answers["customers_dossier"] = None
    told = wafa("customers", command, "nobody")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no customer has the id nobody" in told.stderr


@pytest.mark.parametrize("command", ["show", "export", "erase", "unmerge"])
def test_who_holds_an_address_is_looked_up(wafa, services, command) -> None:
    services.answers["customers_lookup"] = None
    told = wafa("customers", command, "--phone", "+966501234567")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no customer has the phone +966501234567" in told.stderr


def test_an_address_in_the_place_of_an_id_is_told_apart(wafa, services) -> None:
    services.answers["customers_dossier"] = None
    assert "told as --email layla@x.example" in wafa("customers", "show", "layla@x.example").stderr
    assert "told as --phone" in wafa("customers", "show", "+966 50 123 4567").stderr


def test_who_is_named_twice_or_not_at_all_is_nobody(wafa, services) -> None:
    assert "say who: a customer id" in wafa("customers", "show").stderr
    twice = wafa("customers", "show", INTO, "--email", "layla@example.com")
    assert (twice.exit_code, "say who in one way" in twice.stderr) == (2, True)


def test_what_can_be_no_identifier_is_refused_under_the_name_of_its_option(wafa, services) -> None:
    error = {"reason": "invalid_identifier", "path": "phone", "message": "no such number"}
    services.answers["customers_lookup"] = {"error": error}
    told = wafa("customers", "show", "--phone", "12")
    assert (told.exit_code, "--phone: no such number" in told.stderr) == (2, True)


def test_an_export_has_every_page_of_every_service_and_is_for_nobody_else_to_read(
    wafa, services, tmp_path
) -> None:
    services.answers["customers_dossier"] = DOSSIER
    file = tmp_path / "person.json"
    told = wafa("customers", "export", INTO, "--out", str(file))
    assert told.exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    written = json.loads(file.read_text())
    assert [one["interaction_id"] for one in written["interactions"]] == ["i2", "i1"]
    assert written["outreach"] == [{"outreach_id": "o1"}]
    assert {**DOSSIER, **written} == written
    assert written.keys() > {"open_cases", "member", "ledger", "audience"}
    assert json.loads(wafa("customers", "export", INTO).stdout).keys() == written.keys()


def test_an_export_that_cannot_be_written_is_a_sentence(wafa, services, tmp_path) -> None:
    services.answers["customers_dossier"] = DOSSIER
    told = wafa("customers", "export", INTO, "--out", str(tmp_path / "no" / "such.json"))
    assert told.exit_code == 1
    assert "cannot write" in told.stderr


def test_changes_are_listed_and_one_is_shown(wafa, services) -> None:
    services.answers["customers_changes"] = {"changes": [change(1), change(3, kind="erase")]}
    told = wafa("customers", "changes").stdout
    for words in (CHANGE, f"from {FROM}", f"into {INTO}", "erase", "notifications: not yet"):
        assert words in told
    assert json.loads(wafa("customers", "changes", CHANGE, "--json").stdout) == change(1)
    services.answers["customers_changes"] = {"changes": []}
    assert "nobody was merged" in wafa("customers", "changes").stdout
    assert wafa("customers", "changes", "no-such").exit_code == 1


def test_changes_of_somebody_who_is_not_there_are_not_none(wafa, services) -> None:
    services.answers["customers_get"] = None
    told = wafa("customers", "changes", "--customer", "typo")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no customer has the id typo" in told.stderr


def test_changes_of_somebody_who_is_found_by_an_address(wafa, services) -> None:
    services.answers["customers_lookup"] = {"customer_id": INTO}
    services.answers["customers_changes"] = {"changes": []}
    told = wafa("customers", "changes", "--email", "layla@example.com")
    assert (told.exit_code, told.stdout) == (0, "they were never merged, separated or erased\n")
    assert services.asked[-1][2]["customer_id"] == INTO
    assert wafa("customers", "changes", CHANGE, "--customer", INTO).exit_code == 2


def test_of_somebody_erased_what_stays_is_exported_and_that_is_said(wafa, services) -> None:
    erased = {"customer_id": INTO, "erased": True}
    services.answers["customers_dossier"] = {"customer": erased, "records": [erased], "changes": []}
    told = wafa("customers", "export", INTO)
    assert (told.exit_code, json.loads(told.stdout)["customer"]) == (0, erased)
    assert "this customer was erased" in told.stderr


@pytest.mark.parametrize("command", ["merge", "unmerge", "erase", "show", "changes", "export"])
def test_every_command_says_what_it_does(wafa, command) -> None:
    told = wafa("customers", command, "--help")
    assert told.exit_code == 0
    assert len(told.stdout.splitlines()) > 5

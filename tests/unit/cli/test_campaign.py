"""`wafa campaign`, for people: mistakes where editors can jump to, both languages, what to do next."""

import json
from pathlib import Path
from typing import Any

import pytest

from wafa.cli import campaign
from wafa.cli.campaign_folder import read_texts
from wafa.cli.output import LiteralConsole

NEWS = {
    "campaign": "news",
    "title": {"en": "News", "ar": "جديد"},
    "purpose": "marketing",
    "start": "broadcast",
    "steps": ["hello: message news by email"],
    "state": "draft",
    "enrolling": False,
    "newest": 2,
}
RUNNING = NEWS | {"state": "running", "enrolling": True, "version": 2, "launched_at": "2026-03-04T12:00:00Z"}
MISTAKES = {
    "mistakes": [
        {"line": 3, "path": "purpose", "message": "expected marketing, not 'promo'"},
        {"path": "texts.news.en.txt", "message": "line 1: no unsubscribe link"},
    ]
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What notifications answers, by method."""
    found: dict[str, Any] = {"check_texts": {"findings": []}}

    def call(service: str, method: str, *arguments: Any) -> Any:
        assert service == "notifications"
        answer = found[method]
        return answer(*arguments) if callable(answer) else answer

    monkeypatch.setattr(campaign, "call", call)
    monkeypatch.setattr(campaign, "paper", lambda: LiteralConsole(width=140, force_terminal=False))
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    for name in (
        "news.en.subject",
        "news.en.txt",
        "news.ar.txt",
        "README.md",
        "news.english.txt",
        "news.en.pdf",
    ):
        (folder / name).write_text(name, "utf-8")
    path = tmp_path / "news.yml"
    path.write_text("campaign: news\n", "utf-8")
    return path


def test_a_file_goes_to_the_service_with_the_texts_beside_it(
    wafa: Any, answers: dict[str, Any], file: Path
) -> None:
    told = []
    answers["campaign_draft"] = lambda *given: told.append(given) or {"campaign": NEWS}
    result = wafa("campaign", "draft", str(file))
    texts = {
        "news": {"en": {"subject": "news.en.subject", "txt": "news.en.txt"}, "ar": {"txt": "news.ar.txt"}}
    }
    assert told == [("campaign: news\n", texts)]
    assert result.stdout == "news (News / جديد): version 2 is kept\n"
    assert "next: wafa campaign launch news" in result.stderr


def test_a_campaign_without_a_folder_of_texts_uses_ours(tmp_path: Path) -> None:
    assert read_texts(tmp_path / "templates") == {}


@pytest.mark.parametrize("command", ["check", "draft"])
def test_mistakes_stand_where_an_editor_can_jump_to(
    wafa: Any, answers: dict[str, Any], file: Path, command: str
) -> None:
    answers[f"campaign_{command}"] = MISTAKES
    result = wafa("campaign", command, str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"{file}:3: purpose: expected marketing, not 'promo'",
        "texts.news.en.txt: line 1: no unsubscribe link",
    ]


FINDINGS = {
    "findings": [
        {
            **{"template": "news", "language": "en", "part": "txt", "line": 3},
            **{"level": "error", "message": "'if' is not closed"},
        },
        {
            "template": "news",
            "language": "ar",
            "part": "",
            "line": 0,
            "level": "warning",
            "message": "no short",
        },
    ]
}


def test_a_check_looks_at_the_texts_too(wafa: Any, answers: dict[str, Any], file: Path) -> None:
    answers["campaign_check"] = {"campaign": NEWS}
    answers["check_texts"] = FINDINGS
    result = wafa("campaign", "check", str(file))
    folder = file.parent / "templates"
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{folder}/news.en.txt:3: 'if' is not closed",
        f"1 warnings about texts: wafa template check {file}",
        f"{folder}/news.en.pdf: not taken; a text is called <template>.<language>.<subject|txt|html|short>",
        f"{folder}/news.english.txt: not taken; "
        "a text is called <template>.<language>.<subject|txt|html|short>",
    ]
    script = wafa("campaign", "check", str(file), "--json")
    assert (script.exit_code, json.loads(script.stdout)["texts"]) == (1, FINDINGS["findings"])


def test_texts_that_cannot_be_launched_are_kept_with_a_warning(
    wafa: Any, answers: dict[str, Any], file: Path
) -> None:
    answers["campaign_draft"] = {"campaign": NEWS}
    answers["check_texts"] = FINDINGS
    result = wafa("campaign", "draft", str(file))
    assert (result.exit_code, "version 2 is kept" in result.stdout) == (0, True)
    assert "like this they cannot be launched" in result.stderr
    assert "next: wafa campaign launch" not in result.stderr


def test_who_names_a_text_that_is_not_there_is_told_which_are(
    wafa: Any, answers: dict[str, Any], file: Path
) -> None:
    missing = {"line": 1, "path": "steps[0].message.template", "message": "there is no template nwes"}
    answers["campaign_check"] = {"mistakes": [missing]}
    told = wafa("campaign", "check", str(file)).stderr
    assert "next: wafa template show" in told
    assert f"{file.parent}/templates has news" in told


def test_what_was_drafted_since_is_shown_beside_what_runs(wafa: Any, answers: dict[str, Any]) -> None:
    answers["campaign_show"] = RUNNING | {"newest": 3, "states": {}, "reasons": {}, "versions": []}
    assert "2, 3 is drafted, and not launched" in wafa("campaign", "show", "news").stdout


def test_a_file_in_the_place_of_a_name_is_told_apart(wafa: Any, answers: dict[str, Any], file: Path) -> None:
    unknown = {"path": "campaign", "message": "there is no such campaign", "reason": "unknown_campaign"}
    answers["campaign_launch"] = {"mistakes": [unknown]}
    assert f"next: wafa campaign draft {file}" in wafa("campaign", "launch", str(file)).stderr
    assert "next: wafa campaign list" in wafa("campaign", "launch", "nwes").stderr
    answers["campaign_show"] = None
    assert "next: wafa campaign list" in wafa("campaign", "show", "nwes").stderr


def test_for_a_script_mistakes_are_json_and_an_exit_code(
    wafa: Any, answers: dict[str, Any], file: Path
) -> None:
    answers["campaign_check"] = MISTAKES
    result = wafa("campaign", "check", str(file), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, MISTAKES)


def test_a_file_in_another_encoding_is_named(wafa: Any, answers: dict[str, Any], file: Path) -> None:
    file.write_bytes("campaign: جديد".encode("cp1256"))
    result = wafa("campaign", "check", str(file))
    assert (result.exit_code, result.stderr) == (1, f"wafa: {file}: expected text in UTF-8\n")


def test_a_launch_says_what_runs_and_how_to_stop_it(wafa: Any, answers: dict[str, Any]) -> None:
    answers["campaign_launch"] = {"campaign": RUNNING}
    result = wafa("campaign", "launch", "news")
    assert result.stdout == "news (News / جديد): version 2 is launched\n"
    assert "next: wafa campaign pause news" in result.stderr


def test_a_launch_of_what_is_paused_says_that_it_still_is(wafa: Any, answers: dict[str, Any]) -> None:
    answers["campaign_launch"] = {"campaign": RUNNING | {"state": "paused"}}
    result = wafa("campaign", "launch", "news")
    assert "still paused" in result.stdout
    assert result.stderr == "next: wafa campaign resume news\n"


@pytest.mark.parametrize(
    ("command", "state", "said"),
    [
        ("pause", "paused", "is paused"),
        ("resume", "running", "goes on\n"),
        ("resume", "finished", "goes on, and is finished: messages under way go out"),
        ("resume", "draft", "nothing of it goes out before it is launched"),
        ("finish", "finished", "is finished: no more journeys begin"),
    ],
)
def test_a_command_says_what_holds_now(
    wafa: Any, answers: dict[str, Any], command: str, state: str, said: str
) -> None:
    answers[f"campaign_{command}"] = {"campaign": RUNNING | {"state": state}}
    assert said in wafa("campaign", command, "news").stdout
    script = wafa("campaign", command, "news", "--json")
    assert json.loads(script.stdout)["campaign"]["state"] == state


def test_a_command_that_cannot_be_done_says_why(wafa: Any, answers: dict[str, Any]) -> None:
    answers["campaign_pause"] = {"mistakes": [{"path": "campaign", "message": "there is no campaign 'news'"}]}
    result = wafa("campaign", "pause", "news")
    assert (result.exit_code, result.stderr) == (1, "campaign: there is no campaign 'news'\n")


def test_the_list_shows_what_runs_and_what_was_drafted_since(wafa: Any, answers: dict[str, Any]) -> None:
    second = {"campaigns": [RUNNING | {"campaign": "due", "newest": 3}], "next": None}
    answers["campaigns"] = lambda before, limit: second if before else {"campaigns": [NEWS], "next": "more"}
    _, news, due = wafa("campaign", "list").stdout.splitlines()
    assert news.split() == ["news", "draft", "-", "(2", "drafted)", "broadcast", "News", "/", "جديد"]
    assert due.split()[:5] == ["due", "running", "2", "(3", "drafted)"]


def test_a_campaign_is_shown_with_its_steps_and_its_messages(wafa: Any, answers: dict[str, Any]) -> None:
    more = {
        "states": {"sent": 1200, "dropped": 3},
        "reasons": {"holdout": 3},
        "planned": 1203,
        "versions": [{"version": 1, "drafted_at": "2026-03-04T11:00:00Z", "content": {}, "texts": {}}],
    }
    answers["campaign_show"] = RUNNING | more
    shown = wafa("campaign", "show", "news").stdout
    for text in (
        "News / جديد",
        "1,200 sent",
        "3 holdout",
        "hello: message news by email",
        "version    2 ",
        "1203",
    ):
        assert text in shown


def test_there_may_be_no_such_campaign(wafa: Any, answers: dict[str, Any]) -> None:
    answers["campaign_show"] = None
    result = wafa("campaign", "show", "\x1b[31mnews")
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr


def test_what_a_campaign_is_called_is_no_terminal_command(wafa: Any, answers: dict[str, Any]) -> None:
    titled = NEWS | {"title": {"en": "\x1b[31mred [bold]", "ar": "ج"}}
    answers["campaigns"] = {"campaigns": [titled], "next": None}
    shown = wafa("campaign", "list").stdout
    assert "\x1b" not in shown
    assert "[bold]" in shown

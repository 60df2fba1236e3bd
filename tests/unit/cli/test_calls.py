"""`wafa calls`, for people: whom to ring, what to say, and what stands against it."""

import io
from typing import Any

import pytest

from wafa.cli import calls
from wafa.cli.output import LiteralConsole

CALL: dict[str, Any] = {
    "call_id": "9b2f0c1e-5a8d-5c57-8e0f-0d6f3c1f8f43",
    "customer_id": "7f1d3c52",
    "name": "سارة",
    "phone": "+966500000001",
    "timezone": "Asia/Riyadh",
    "subject": "شكرًا",
    "script": "مرحبًا سارة\n",
    "language": "ar",
    "direction": "rtl",
    "due": "2026-03-04T12:00:00Z",
    "state": "open",
    "attempts": 0,
    "outcome": None,
    "agent": None,
    "obstacle": None,
}


def shown(**changes: Any) -> list[str]:
    printed = io.StringIO()
    calls.show(CALL | changes, LiteralConsole(width=80, file=printed))
    return printed.getvalue().splitlines()


def line(lines: list[str], words: str) -> str:
    [found] = [one for one in lines if words in one]
    return found.strip("│ ╭╮─")


def test_whom_to_ring_and_when() -> None:
    lines = shown()
    assert "سارة" in lines[0]
    assert line(lines, "number").split() == ["number", "+966500000001"]
    assert line(lines, "time zone").split() == ["time", "zone", "Asia/Riyadh"]
    assert CALL["call_id"] in line(lines, "call ")


def test_arabic_stands_on_the_right_and_english_on_the_left() -> None:
    arabic = next(one for one in shown() if "مرحبًا" in one)
    assert arabic.startswith("│      ")
    assert arabic.endswith("مرحبًا سارة │")
    english = next(one for one in shown(script="Hello Sara", direction="ltr") if "Hello" in one)
    assert english.startswith("│ Hello Sara  ")


def test_what_came_of_the_last_attempt() -> None:
    lines = shown(attempts=2, outcome="no_answer", agent="layla")
    assert line(lines, "last attempt").endswith("no_answer, by layla; 2 in all")


def test_who_must_not_be_rung_any_more_is_shown_first_hand() -> None:
    assert "repair first" in line(shown(obstacle="open_complaint"), "do not call")
    assert not any("do not call" in one for one in shown())


def test_a_script_is_no_command_to_the_terminal() -> None:
    assert not any("\x1b" in one or "\x07" in one for one in shown(script="x\x1b[2J\x07", name="\x1b]0;y"))


@pytest.mark.parametrize(
    "arguments", [("done", "id", "perhaps", "--agent", "layla"), ("list", "--state", "x")]
)
def test_a_word_that_is_none_is_refused_before_anybody_is_asked(
    wafa: Any, arguments: tuple[str, ...]
) -> None:
    done = wafa("calls", *arguments)
    assert done.exit_code == 2

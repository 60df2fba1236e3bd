"""Files that people give us, read: whatever is in them, the answer is a sentence."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from wafa.cli import campaign_folder, template
from wafa.cli.faults import CommandFault
from wafa.cli.output import LiteralConsole
from wafa.runtime.errors import InvalidArgument

#: Five lines that are a hundred thousand values.
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{inner}: &{inner} [{', '.join([f'*{outer}'] * 10)}]\n"
    for outer, inner in (("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"))
)


@pytest.mark.parametrize(
    "content",
    [
        "purpose: service\nstart: 2026-99-99\n",
        "purpose: service\nn: " + "9" * 5000 + "\n",
        "purpose: service\nt: 2026-01-01T00:00:00+99:99\n",
    ],
)
def test_a_value_that_yaml_would_make_a_day_of_breaks_no_command(content: str) -> None:
    assert template._purpose(content, Path("x.yml")) == "service"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("&a [*a]", "refers to itself"),
        ("- " * 5000 + "x", "nested too deeply"),
        (BOMB, "holds too much"),
        ("purpose: a\npurpose: b", "x.yml:2: 'purpose' is there already"),
        ("{[a]: b}", "expected a text for a name"),
    ],
)
def test_a_file_made_to_grow_or_to_confuse_is_told_off_with_its_line(content: str, told: str) -> None:
    with pytest.raises(CommandFault, match=told):
        template._purpose(content, Path("x.yml"))


def test_a_file_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_folder, "LONGEST", 1000)
    with pytest.raises(CommandFault, match="too long"):
        campaign_folder.read_campaign(Path("/dev/zero"))


def test_what_is_no_text_by_its_name_is_told_and_notes_for_people_are_not(tmp_path: Path) -> None:
    for name in ("spring.ar.txt", "spring-ar.txt", "Spring.en.txt", "README.md", ".spring.en.txt.swp"):
        (tmp_path / name).write_text("")
    assert [path.name for path in campaign_folder.strangers(tmp_path)] == ["Spring.en.txt", "spring-ar.txt"]


def test_a_template_that_is_not_there_is_told_with_those_that_are(
    wafa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(*_: Any) -> Any:
        raise InvalidArgument("template", "must be one of due, not 'x'")

    monkeypatch.setattr(template, "call", call)
    told = wafa("template", "show", "--template", "x")
    assert (told.exit_code, "--template: must be one of due, not 'x'" in told.stderr) == (2, True)


def test_arabic_stands_on_the_right_and_gives_the_terminal_no_commands() -> None:
    text = {"template": "spring", "language": "ar", "direction": "rtl", "subject": "", "short": ""}
    out = StringIO()
    LiteralConsole(file=out, width=60).print(template._panel({**text, "plain": "مرحبا \x1b[2J\n"}))
    [line] = [one for one in out.getvalue().splitlines() if "مرحبا" in one]
    assert line.startswith("│          ")
    assert "\x1b" not in line

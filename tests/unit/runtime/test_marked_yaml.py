"""YAML that people edit: read as it stands there, with its lines, and never at any cost."""

import pytest

from wafa.runtime.marked_yaml import BrokenFile, parse_marked


def test_everything_is_the_text_that_stands_there() -> None:
    assert parse_marked("{a: 1.10, b: 010, c: NO, d: true, e: }").content == {
        "a": "1.10",
        "b": "010",
        "c": "NO",
        "d": "true",
        "e": "",
    }


def test_asked_for_types_what_looks_like_json_is_json_and_nothing_else_is() -> None:
    text = "{a: 12, b: -3, c: 010, d: true, e: 'true', f: NO, g: 1.10, h: null, i: 1_000, j: \"7\", k: 0x1f}"
    assert parse_marked(text, typed=True).content == {
        "a": 12, "b": -3, "c": "010", "d": True, "e": "true", "f": "NO", "g": "1.10", "h": None, "i": "1_000",
        "j": "7", "k": "0x1f",
    }  # fmt: skip


def test_a_place_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    marked = parse_marked("a:\n  b:\n    - x\n    - y\n")
    assert marked.line(("a", "b", 1)) == 4
    assert marked.line(("a", "b", 7, "c")) == 2
    assert marked.line(("z",)) == 1


def test_aliases_cannot_make_much_of_little() -> None:
    levels = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for number, name in enumerate("bcdef"):
        before = "abcde"[number]
        levels.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    with pytest.raises(BrokenFile, match="holds too much") as caught:
        parse_marked("\n".join(levels))
    assert caught.value.line

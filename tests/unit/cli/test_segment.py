"""`wafa segment`: a rule stands in the argument, in a file or behind a name; faults are told with a place."""

import io
import json

import click
import pytest

from wafa.cli import segment
from wafa.cli.output import LiteralConsole

RULE = {"field": "tier", "op": "eq", "value": "gold"}


def printed(show, *what):
    console = LiteralConsole(width=100, force_terminal=False, file=io.StringIO())
    show(*what, console)
    return console.file.getvalue()


def test_a_word_is_the_name_of_a_segment():
    assert segment.rule_in("at_risk") == "at_risk"


def test_a_rule_is_read_from_the_argument_and_from_a_file(tmp_path):
    file = tmp_path / "gold"
    file.write_text(json.dumps(RULE))
    assert segment.rule_in(json.dumps(RULE)) == segment.rule_in(str(file)) == RULE


def test_a_rule_may_be_written_as_in_a_campaign(tmp_path):
    file = tmp_path / "win-back.yml"
    file.write_text(
        "campaign: win-back\n"
        "audience:\n"
        "  and:\n"
        "    - {field: repeat, op: eq, value: true}\n"
        "    - {field: last_purchase_at, op: lt, value: {days_ago: 60}}\n"
    )
    assert segment.rule_in(str(file)) == {
        "and": [
            {"field": "repeat", "op": "eq", "value": True},
            {"field": "last_purchase_at", "op": "lt", "value": {"days_ago": 60}},
        ]
    }
    assert segment.rule_in("{field: tier, op: eq, value: gold}") == RULE
    file.write_text("field: tier\nop: eq\nvalue: gold\n")
    assert segment.rule_in(str(file)) == RULE


def test_a_campaign_for_everybody_has_no_segment(tmp_path):
    file = tmp_path / "thanks.yml"
    file.write_text("campaign: thanks\n")
    with pytest.raises(click.BadParameter, match="no `audience`: it is for everybody"):
        segment.rule_in(str(file))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("rules/gold.json", "there is no file rules/gold.json"),
        ("gold.json", "there is no file"),
        ('{"field": }', "line 1, column 11"),
        ('{"not":' * 5000, "nested too deeply"),
        ("{field: tier, op: eq", "the rule, line 1: is no YAML"),
        ("{not: " * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_rule_is_told_with_its_place(given, says):
    with pytest.raises(click.BadParameter, match=says):
        segment.rule_in(given)


def test_a_file_that_is_no_text_is_told_so(tmp_path):
    file = tmp_path / "gold.json"
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(click.BadParameter, match="cannot be read"):
        segment.rule_in(str(file))


def test_a_sample_shows_who_they_are_and_what_segments_ask():
    traits = {"tier": "gold", "points": 1200, "purchase_count": 3, "last_purchase_at": "2026-03-04T12:00:00Z"}
    customers = [
        {"customer_id": "c-1", "name": "سارة [red]", "traits": traits},
        {"customer_id": "c-2", "name": None, "traits": {}},
    ]
    shown = printed(segment.show_customers, customers)
    for word in ("سارة [red]", "c-1", "gold", "1,200", "2026-03-04 ", "(no name)", "c-2"):
        assert word in shown


def test_segments_are_listed_in_both_languages():
    lost = {"title": {"en": "Lost", "ar": "مفقودون"}, "about": {"en": "Gone.", "ar": "ذهبوا."}}
    shown = printed(segment.show_segments, [{"name": "lost", **lost}])
    assert "Lost: Gone." in shown
    assert "مفقودون: ذهبوا." in shown


def test_where_no_system_runs_that_is_what_is_said(wafa):
    asked = wafa("segment", "count", "lost")
    assert asked.exit_code == 1
    assert "No system runs" in asked.output


def test_a_segment_of_nobody_says_what_may_be_the_matter(wafa, monkeypatch):
    monkeypatch.setattr(segment, "call", lambda *_: {"count": 0, "rule": RULE})
    told = wafa("segment", "count", "{field: tier, op: eq, value: Gold}")
    assert (told.stdout, "letter by letter" in told.stderr) == ("0\n", True)

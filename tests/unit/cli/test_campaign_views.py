"""What `wafa campaign preview`, `simulate` and `report` print and draw."""

import json
import sys
from io import StringIO
from pathlib import Path

import pytest

from wafa.cli import campaign_views
from wafa.cli.campaign_figures import show_preview, show_report, show_simulation
from wafa.cli.campaign_views import together
from wafa.cli.charts import draw
from wafa.cli.output import LiteralConsole

PREVIEW = {
    "campaign": "win-back",
    "version": 2,
    "at": "2026-03-04T12:00:00Z",
    "starts": "everybody in the audience, at once",
    "people": 5000,
    "now": 3100,
    "later": {"quiet_hours": 400},
    "dropped": {"no_consent": 1200, "holdout": 300},
    "fault": 0,
    "about": ["now", "quiet_hours", "holdout"],
    "sampled": 1000,
    "channels": {"email": 3800},
    "languages": {"ar": 3000, "en": 800},
    "samples": [
        {
            "customer_id": "sara",
            "channel": "email",
            "language": "ar",
            "direction": "rtl",
            "subject": "اشتقنا إليك",
            "plain": "مرحبا \x1b[31m[bold]\n",
            "short": "",
        },
        {"customer_id": "omar", "channel": "email", "language": "en", "fault": "hello.en.txt, line 3: no"},
    ],
}
SIMULATION = {
    "campaign": "win-back",
    "version": 2,
    "since": "2026-06-01",
    "until": "2026-08-31",
    "window_days": 14.0,
    "as_today": ["tier"],
    "looked_at": 900,
    "customers": 200,
    "contacts": 200,
    "bought": 31,
    "held_out": 20,
    "held_out_bought": 3,
    "window_open": 12,
    "suppressed": {"no_address": 4},
    "months": {"2026-06": {"contacts": 200, "bought": 31}},
}


def side(people: int, converted: int) -> dict:
    rate = converted / people if people else None
    return {
        "people": people,
        "converted": converted,
        "rate": rate,
        "interval": [max(0.0, rate - 0.02), rate + 0.03] if rate is not None else None,
        "revenue": [{"amount": "5279.40", "currency": "USD"}] if converted else [],
        "revenue_per_head": [],
    }


def report(days: int = 10, **changes) -> dict:
    lines = [
        {
            "day": f"2026-{3 + day // 28:02}-{1 + day % 28:02}",
            "contacted": side(100, 9),
            "held_out": side(9, 1),
        }
        for day in range(days)
    ]
    return {
        "campaign": "win-back",
        "title": {"en": "We miss you", "ar": "اشتقنا إليك"},
        "state": "running",
        "as_of": "2026-04-20T10:00:00Z",
        "words": ["10.0% of the 1,000 contacted bought.", "The campaign worked."],
        "contacted": side(1000, 100),
        "held_out": side(100, 5),
        "cost": [{"amount": "45.00", "currency": "USD"}],
        "messages": {
            "planned": 1500,
            "waiting": 3,
            "sent": 1000,
            "sent_by_channel": {"email": 1000},
            "bounced": 7,
            "failed": 2,
            "failed_by_reason": {"bounced": 2},
            "held_out": 100,
            "suppressed": 395,
            "suppressed_by_reason": {"no_consent": 395},
        },
        "by": {
            "channel": [{"channel": "email", "contacted": side(1000, 100), "held_out": side(100, 5)}],
            "day": lines,
        },
    } | changes


def printed(show, found) -> str:
    out = StringIO()
    show(found, LiteralConsole(file=out, width=120))
    return out.getvalue()


def test_a_preview_says_which_figures_are_about():
    text = printed(show_preview, PREVIEW)
    assert "left out: no consent" in text
    assert "about 300" in text
    assert "about 1,200" not in text
    assert "from a sample of 1,000" in text


def test_a_preview_of_nobody_says_where_to_look():
    nobody = PREVIEW | {"people": 0, "now": 0, "later": {}, "dropped": {}, "samples": []}
    assert "nobody: `wafa segment count FILE`" in printed(show_preview, nobody)
    assert "nobody" not in printed(show_preview, PREVIEW)


def test_a_sample_is_shown_as_text_and_gives_the_terminal_no_commands():
    text = printed(show_preview, PREVIEW)
    assert "اشتقنا إليك" in text
    assert "[bold]" in text
    assert "\x1b[31m" not in text
    assert "cannot be written: hello.en.txt, line 3: no" in text


def test_a_simulation_says_what_there_is_to_beat_and_what_is_not_known():
    text = printed(show_simulation, SIMULATION)
    assert "bought within 14 days anyway: 31 (15.5%)" in text
    assert "taken as it is today, not as it was: tier" in text
    assert "not known of the past: the frequency cap" in text


def test_a_simulation_without_contacts_divides_by_nothing():
    empty = SIMULATION | {"contacts": 0, "bought": 0, "months": {}}
    assert "0 (none)" in printed(show_simulation, empty)


def test_a_report_begins_with_what_it_means():
    lines = printed(show_report, report()).splitlines()
    assert lines[0].strip() == "win-back: We miss you / اشتقنا إليك (running)"
    assert lines[1] == "10.0% of the 1,000 contacted bought."
    assert any("all" in line and "100 (10.0%)" in line for line in lines)


def test_a_report_without_a_holdout_has_no_column_for_it():
    text = printed(show_report, report(held_out=side(0, 0)))
    assert "held out  " not in text.partition("channel")[2]


def test_pages_of_sums_add_up():
    one = {"contacts": 1, "months": {"2026-06": {"contacts": 1}}}
    other = {"contacts": 2, "months": {"2026-06": {"contacts": 1}, "2026-07": {"contacts": 1}}}
    assert together(together({}, one), other) == {
        "contacts": 3,
        "months": {"2026-06": {"contacts": 2}, "2026-07": {"contacts": 1}},
    }


@pytest.mark.parametrize(
    "found",
    [
        report(),
        report(days=200),
        report(days=0, contacted=side(0, 0), held_out=side(0, 0), words=["Nobody has been contacted yet."]),
        report(title={"ar": "اشتقنا إليك " * 20}, messages=report()["messages"] | {"sent_by_channel": {}}),
    ],
    ids=["usual", "half a year", "nobody", "a long Arabic title alone"],
)
def test_any_report_can_be_drawn(found, tmp_path: Path):
    """A letter that the font lacks is a warning of matplotlib, and so an error here."""
    draw(found, tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")


def test_a_call_is_previewed_with_the_text_that_staff_will_see() -> None:
    sample = PREVIEW["samples"][0] | {"channel": "phone"}
    assert "مرحبا" in printed(show_preview, PREVIEW | {"samples": [sample]})
    sample |= {"plain": "", "short": "كلمة"}
    assert "كلمة" in printed(show_preview, PREVIEW | {"samples": [sample]})


def test_arabic_stands_on_the_right_in_a_preview() -> None:
    [line] = [one for one in printed(show_preview, PREVIEW).splitlines() if "مرحبا" in one]
    assert line.startswith("     ")


def test_a_table_of_one_line_has_no_sum_of_it() -> None:
    assert " all " in printed(show_report, report())
    assert " all " not in printed(show_report, report(days=1))


@pytest.mark.parametrize(
    ("png", "says"), [("no/such/folder.png", "there is no folder no/such"), ("report.pdf", "ends in .png")]
)
def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_asked(
    wafa, png: str, says: str
) -> None:
    told = wafa("campaign", "report", "win-back", "--png", png)
    assert (told.exit_code, says in told.stderr) == (2, True)


def test_where_nothing_can_draw_it_is_said_what_to_install_before_anything_is_asked(
    wafa, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "wafa.cli.charts", None)
    told = wafa("campaign", "report", "win-back", "--png", "report.png")
    assert (told.exit_code, "requirements-plots.txt" in told.stderr) == (1, True)


def test_the_months_of_a_simulation_stand_in_order_whatever_page_they_come_from(wafa, monkeypatch) -> None:
    sums = dict.fromkeys(("looked_at", "customers", "contacts", "bought", "held_out", "held_out_bought"), 1)
    sums |= {"window_open": 0, "suppressed": {}}
    months = [{"2026-02": {"contacts": 1, "bought": 0}}, {"2026-01": {"contacts": 1, "bought": 1}}]
    pages = [
        {**SIMULATION, "total": 2, "sums": {**sums, "months": months[0]}, "next": "a"},
        {**SIMULATION, "total": 2, "sums": {**sums, "months": months[1]}, "next": None},
    ]

    class Services:
        def __enter__(self) -> "Services":
            return self

        def __exit__(self, *_: object) -> None: ...

        def call(self, *_: object, **__: object) -> dict:
            return pages.pop(0)

    monkeypatch.setattr(campaign_views, "client", Services)
    told = wafa("campaign", "simulate", "win-back", "--since", "2026-01-01", "--json")
    assert [*json.loads(told.stdout)["months"]] == ["2026-01", "2026-02"]

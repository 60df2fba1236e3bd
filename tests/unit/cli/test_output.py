"""What comes with an event is printed as it is: no markup, no emoji code, no terminal command."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from wafa.cli import card, output, outreach, rejected
from wafa.cli.output import LiteralConsole

NASTY = "[/x] [red]a[/red] :smile:"


def printed(*things: object, width: int = 80) -> str:
    file = io.StringIO()
    console = LiteralConsole(file=file, width=width)
    for thing in things:
        console.print(thing)
    return file.getvalue()


def test_markup_in_a_remark_a_cell_or_a_title_is_only_text() -> None:
    table = Table("what", title=NASTY)
    table.add_row(NASTY)
    assert printed(NASTY, table).count(NASTY) == 3


def test_a_terminal_command_in_a_remark_or_a_cell_is_made_visible() -> None:
    table = Table("what")
    table.add_row("\x1b]0;mine\x07")
    assert "\x1b" not in printed("\x1b[2J", table)


def test_a_customer_may_be_called_anything() -> None:
    file = io.StringIO()
    found = {
        "customer_id": "c1",
        "name": "[/b] \x1b[2Jمنى",
        "recognized": False,
        "say": {"en": "Welcome them.", "ar": "أهلًا."},
        "member": None,
        "open_cases": [{"category": "[red]", "severity": "high", "opened_at": "2026-01-01T00:00:00Z"}],
        "last_purchase": None,
        "last_feedback": None,
    }
    card.show(found, LiteralConsole(file=file, width=80))
    shown = file.getvalue()
    assert "[/b]" in shown
    assert "[red], high, since 2026-01-01" in shown
    assert "\x1b" not in shown
    assert "none yet" in shown, "no purchases so far"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard output of 80 columns."""
    file = io.StringIO()

    def paper() -> Console:
        return LiteralConsole(file=file, width=80)

    monkeypatch.setattr(rejected, "paper", paper)
    monkeypatch.setattr(outreach, "paper", paper)
    return file


ID = "7d444840-9dc0-51d1-b245-5ffdce74fad2"


def test_the_id_of_a_rejected_event_is_whole_in_80_columns(wafa, monkeypatch, narrow: io.StringIO) -> None:
    entry = {
        "id": ID,
        "reason": "invalid",
        "path": "data.customer.external_ids.0.system",
        "message": "must be a slug: " + "x" * 200,
        "event_type": "purchase.completed.v1",
        "event_id": "[/b]" + "y" * 100,
        "received_at": "2026-06-30T00:00:00.123Z",
    }
    answer = {"rejected": [entry], "open": {"invalid": 1}}
    monkeypatch.setattr(rejected, "call", lambda *_: answer)

    assert wafa("rejected", "list").exit_code == 0

    assert ID in narrow.getvalue()
    assert "purchase.completed.v1" in narrow.getvalue()
    assert "[/b]" in narrow.getvalue()
    assert "open: 1 invalid" in narrow.getvalue()


def test_the_next_page_of_quarantine_is_asked_for_with_what_the_first_one_says(
    wafa, monkeypatch, narrow: io.StringIO
) -> None:
    following = "2026-06-30T00:00:00.123Z " + ID
    asked: list[str | None] = []

    def call(service: str, method: str, status: str, reason: str | None, limit: int, before: str | None):
        asked.append(before)
        return {"rejected": [], "open": {"invalid": 2}, "next": None if before else following}

    monkeypatch.setattr(rejected, "call", call)
    assert wafa("rejected", "list").exit_code == 0
    assert f"there are more: --before '{following}'\n" in narrow.getvalue()
    narrow.truncate(0)
    assert wafa("rejected", "list", "--before", following).exit_code == 0
    assert "there are more" not in narrow.getvalue()
    assert asked == [None, following]


@pytest.mark.parametrize(
    ("arguments", "says"), [([], "no open entry"), (["--reason", "x"], "no open entry with the reason x")]
)
def test_an_empty_quarantine_is_said_in_words(
    wafa, monkeypatch, narrow: io.StringIO, arguments: list[str], says: str
) -> None:
    monkeypatch.setattr(rejected, "call", lambda *_: {"rejected": [], "open": {}})
    assert wafa("rejected", "list", *arguments).exit_code == 0
    assert narrow.getvalue() == f"{says}\nopen: none\n"


class Services:
    """Answers as the services do."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None: ...

    def call(self, service: str, method: str, *_: object, **__: object) -> object:
        return self._answers[f"{service}_{method}"]


def test_outreach_names_customer_reason_and_totals_in_80_columns(wafa, monkeypatch, narrow) -> None:
    message = {
        "planned_at": "2026-06-30T00:00:00.123Z",
        "customer_id": ID,
        "campaign": "recognition",
        "channel": "email",
        "state": "dropped",
        "reason": "open_complaint",
    }
    services = Services(
        notifications_outreach={"outreach": [message], "next": None},
        notifications_counts={"states": {"sent": 1090, "dropped": 1}, "reasons": {"open_complaint": 1}},
    )
    monkeypatch.setattr(outreach, "client", lambda: services)

    assert wafa("outreach").exit_code == 0

    for told in (ID, "recognition", "by email", "dropped", "open_complaint", "1 dropped, 1,090 sent"):
        assert told in narrow.getvalue()


def test_outreach_of_one_customer_has_no_totals_of_everybody(wafa, monkeypatch, narrow) -> None:
    services = Services(
        customers_get={"customer_id": ID},
        notifications_outreach={"outreach": [], "next": None},
        notifications_counts={"states": {"sent": 1090}, "reasons": {}},
    )
    monkeypatch.setattr(outreach, "client", lambda: services)
    assert wafa("outreach", ID).exit_code == 0
    assert narrow.getvalue() == "no message yet\n"


def test_a_message_that_waits_says_for_what(wafa, monkeypatch, narrow) -> None:
    message = {
        **{"planned_at": "2026-06-30T00:00:00Z", "customer_id": ID, "channel": "email", "state": "planned"},
        **{"campaign": "due", "decision": {"reason": "quiet_hours", "until": "2026-06-30T09:00:00Z"}},
        "not_before": "2026-06-30T02:00:00Z",
    }
    services = Services(
        notifications_outreach={
            "outreach": [message, {**message, "campaign": "news", "decision": None}],
            "next": None,
        },
        notifications_counts={"states": {}, "reasons": {}},
        notifications_campaigns={
            "campaigns": [{"campaign": "due", "state": "running"}, {"campaign": "news", "state": "paused"}],
            "next": None,
        },
    )
    monkeypatch.setattr(outreach, "client", lambda: services)
    assert wafa("outreach").exit_code == 0
    shown = " ".join(narrow.getvalue().replace("│", " ").split())
    for told in ("quiet_hours until", "T09:00:00Z", "not before", "T02:00:00Z", "the campaign is paused"):
        assert told in shown


def test_outreach_of_a_campaign_that_is_not_there_is_not_none(wafa, monkeypatch) -> None:
    monkeypatch.setattr(outreach, "client", lambda: Services(notifications_campaign_show=None))
    told = wafa("outreach", "--campaign", "nwes")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "nwes: there is no such campaign; `wafa campaign list` has all" in told.stderr


def test_an_erased_customer_has_no_card_and_that_is_said(wafa, monkeypatch) -> None:
    services = Services(customers_get={"customer_id": ID, "erased": True})
    monkeypatch.setattr(card, "client", lambda: services)

    told = wafa("card", ID)

    assert (told.exit_code, told.stdout) == (
        0,
        f"{ID}: this customer was erased; nothing is known of them\n",
    )
    assert '"erased": true' in wafa("card", ID, "--json").stdout


@pytest.mark.parametrize(
    ("total", "terminal", "said"),
    [(7012, False, "members: 1,500 of 7,012\n"), (None, False, "members: 1,500\n"), (7012, True, "")],
)
def test_where_no_bar_can_be_drawn_a_line_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, total: int | None, terminal: bool, said: str
) -> None:
    """In a log, or over `docker compose exec`, somebody would otherwise wait for minutes without a word."""
    file = io.StringIO()
    console = LiteralConsole(file=file, width=80, force_terminal=terminal)
    monkeypatch.setattr(output, "notes", lambda: console)
    monkeypatch.setattr(output, "SAID_EVERY", 0)
    bars = output.progress()
    bars.update(bars.add_task("members", total=total), completed=1500)
    assert file.getvalue() == said


def test_who_does_not_wait_for_long_is_told_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(output, "notes", lambda: LiteralConsole(file=file, width=80))
    with output.progress() as bars:
        bars.advance(bars.add_task("members", total=2))
        assert file.getvalue() == ""

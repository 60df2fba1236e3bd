"""What a customer reads: in their language, with their numbers, and whatever their name is."""

import html.parser
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError, UndefinedError

from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of

ISOLATE, POP = "\u2068", "\u2069"
DATA = {
    "name": "Sara",
    "tier": "Gold",
    "points": 1203,
    "today": date(2026, 3, 4),
    "brand": "Bayt Coffee",
    "contact": "care@bayt.example",
}


class Visible(html.parser.HTMLParser):
    """The text of a page, and the attributes of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.elements = "", []
        self.feed(page)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def rendered(renderer, locale, **changes):
    spoken = renderer.speech("recognized", locale, "en")
    tier = renderer.tier_title("gold", spoken.language)
    return renderer.render("recognized", spoken, DATA | {"tier": tier} | changes)


def test_an_egyptian_reads_arabic_with_arabic_digits(renderer):
    text = rendered(renderer, "ar-EG", name="سارة")
    assert text.language == "ar"
    assert text.subject == "شكرًا لعودتك إلينا"
    assert f"مرحبًا {ISOLATE}سارة{POP}،" in text.plain
    assert f"{ISOLATE}ذهبي{POP}" in text.plain
    assert "٤ مارس ٢٠٢٦: ١٬٢٠٣ نقاط" in text.plain


def test_an_emirati_reads_arabic_with_latin_digits(renderer):
    assert "4 مارس 2026: 1,203 نقاط" in rendered(renderer, "ar-AE").plain


def test_an_english_reader_is_thanked_by_name(renderer):
    text = rendered(renderer, "en-GB")
    assert text.subject == "Thank you for coming back"
    assert f"Hello {ISOLATE}Sara{POP}," in text.plain
    assert f"{ISOLATE}Gold{POP}" in text.plain
    assert "4 March 2026: 1,203 points" in text.plain


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ar", "ar"),
        ("ar-XX", "ar"),
        ("ar_EG", "ar"),
        ("fr-FR", "en"),
        ("zz", "en"),
        (None, "en"),
        ("<x>", "en"),
    ],
)
def test_a_language_without_text_falls_back_to_english_and_an_unknown_region_to_its_language(
    renderer, locale, language
):
    assert rendered(renderer, locale).language == language


def test_where_the_company_speaks_arabic_so_do_those_who_named_no_language(renderer):
    assert renderer.speech("recognized", None, "ar-SA").language == "ar"
    assert renderer.speech("recognized", "fr", "ar-SA").language == "ar"


@pytest.mark.parametrize(
    ("points", "words"),
    [(1, "نقطة واحدة"), (2, "نقطتان"), (7, "٧ نقاط"), (11, "١١ نقطة"), (100, "١٠٠ نقطة"), (103, "١٠٣ نقاط")],
)
def test_arabic_counts_points_as_arabic_does(renderer, points, words):
    assert f"٢٠٢٦: {words}\n" in rendered(renderer, "ar-EG", points=points).plain


@pytest.mark.parametrize("locale", ["ar", "en"])
@pytest.mark.parametrize("points", [0, -40])
def test_nobody_is_told_of_a_balance_that_is_no_pleasure(renderer, locale, points):
    text = rendered(renderer, locale, points=points)
    for word in ("2026", "40", "points on", "رصيد"):
        assert word not in text.plain
        assert word not in text.html


@pytest.mark.parametrize("locale", ["ar", "en"])
def test_a_customer_without_a_name_is_greeted_all_the_same(renderer, locale):
    first = rendered(renderer, locale, name="").plain.splitlines()[0]
    assert first in ("مرحبًا بك،", "Hello,")


@pytest.mark.parametrize("locale", ["ar", "en"])
def test_everybody_learns_how_to_reach_us_and_how_to_stop_this(renderer, locale):
    text = rendered(renderer, locale)
    assert text.plain.count("care@bayt.example") == 2
    assert text.html.count("mailto:care@bayt.example") == 2


def test_arabic_html_runs_from_right_to_left(renderer):
    elements = Visible(rendered(renderer, "ar-SA").html).elements
    assert ("html", {"dir": "rtl", "lang": "ar"}) in elements
    assert next(attributes for tag, attributes in elements if tag == "body")["dir"] == "rtl"
    assert ("html", {"dir": "ltr", "lang": "en"}) in Visible(rendered(renderer, "en").html).elements


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_made_of_html_is_shown_and_not_obeyed(renderer, locale):
    name = "<script>alert('x')</script>&amp;"
    page = Visible(rendered(renderer, locale, name=name).html)
    assert f"{ISOLATE}{name}{POP}" in page.text
    assert "script" not in {tag for tag, _ in page.elements}


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_made_of_template_is_shown_and_not_run(renderer, locale):
    assert "{{ 7 * 7 }}" in rendered(renderer, locale, name="{{ 7 * 7 }}").plain


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_with_line_breaks_and_overrides_cannot_rearrange_the_message(renderer, locale):
    nasty = "Sara\r\n\r\nBcc: all@example.com\u202eevil\u2066\u2069\u200f\x00\u2028end"
    plain = rendered(renderer, locale, name=nasty).plain
    assert "Sara Bcc: all@example.com" in plain
    assert f"evil end{POP}" in plain
    assert not any(one in plain for one in "\u202e\u2066\u200f\x00\u2028\r")
    assert plain.count(ISOLATE) == plain.count(POP)


def test_a_very_long_name_is_cut(renderer):
    plain = rendered(renderer, "en", name="Sara " * 5000).plain
    assert max(map(len, plain.splitlines())) < 200


@given(st.text())
def test_no_name_can_leave_its_isolate_or_add_a_line(renderer, name):
    shown = renderer.render(
        "recognized", renderer.speech("recognized", "ar-EG", "en"), DATA | {"name": name or "x"}
    )
    greeting = shown.plain.splitlines()[0]
    assert greeting.startswith(f"مرحبًا {ISOLATE}")
    assert greeting.endswith(f"{POP}،")
    inside = greeting[len(f"مرحبًا {ISOLATE}") : -2]
    assert not any(unicodedata.bidirectional(one) in {"RLO", "LRO", "RLI", "FSI", "PDI"} for one in inside)


def test_a_template_that_asks_for_what_there_is_not_is_an_error_and_not_a_gap(renderer):
    incomplete = {name: value for name, value in DATA.items() if name != "tier"}
    with pytest.raises(UndefinedError, match="tier"):
        renderer.render("recognized", renderer.speech("recognized", "en", "en"), incomplete)


@pytest.mark.parametrize(
    "template", ["{{ name.__class__.__mro__ }}", "{{ data.clear() }}", "{{ name.__init__.__globals__ }}"]
)
def test_templates_reach_nothing_but_their_data(tmp_path, template):
    for part in ("subject", "txt", "html"):
        (tmp_path / f"bad.en.{part}").write_text(template)
    renderer = Renderer({}, tmp_path)
    with pytest.raises(TemplateError) as raised:
        renderer.render("bad", renderer.speech("bad", "en", "en"), {"name": "x", "data": {"a": 1}})
    assert isinstance(raised.value, SecurityError | UndefinedError)


def test_a_tier_without_title_goes_by_its_code(renderer):
    assert renderer.tier_title("early_bird", "ar") == "Early Bird"


def test_tiers_are_called_what_the_program_calls_them(renderer):
    assert renderer.tier_title("silver", "ar") == "فضي"


@pytest.mark.parametrize("content", [None, "tiers: 7", "[", "other: 1", "tiers: [gold]"])
def test_a_program_without_tiers_stops_the_service_with_the_name_of_the_setting(tmp_path, content):
    if content is not None:
        (tmp_path / "program.yml").write_text(content)
    with pytest.raises(ValueError, match="WAFA_LOYALTY_PROGRAM"):
        titles_of(tmp_path / "program.yml")

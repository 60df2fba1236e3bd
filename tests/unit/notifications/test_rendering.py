"""What a customer reads: in their language, with their numbers, and whatever their name is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.texts.text import Broken, Order
from services.notifications.texts.titles import tier_title, titles_of
from services.notifications.texts.written import FOLDER, read_texts
from tests.unit.notifications.texts import ISOLATE, POP, Visible, fault_of, order, text_of, written

SNAPSHOTS = Path(__file__).parent / "snapshots"
OURS = sorted(read_texts(FOLDER))
#: So that a difference can be seen.
SEEN = str.maketrans({ISOLATE: "⟦", POP: "⟧", "\u200f": "<RLM>", "\u00a0": "<NBSP>", "\u202f": "<NNBSP>"})


def test_an_egyptian_reads_arabic_with_arabic_digits(renderer):
    text = text_of(renderer, order("recognized", "ar-EG", name="سارة"))
    assert (text.language, text.direction) == ("ar", "rtl")
    assert text.subject == "شكرًا لعودتك إلينا"
    assert f"مرحبًا {ISOLATE}سارة{POP}،" in text.plain
    assert f"{ISOLATE}ذهبي{POP}" in text.plain
    assert "٤ مارس ٢٠٢٦: ١٬٢٠٣ نقاط" in text.plain


def test_an_emirati_reads_arabic_with_latin_digits(renderer):
    assert "4 مارس 2026: 1,203 نقاط" in text_of(renderer, order("recognized", "ar-AE")).plain


def test_an_english_reader_is_thanked_by_name(renderer):
    text = text_of(renderer, order("recognized", "en-GB", name="Sara"))
    assert text.subject == "Thank you for coming back"
    assert f"Hello {ISOLATE}Sara{POP}," in text.plain
    assert f"{ISOLATE}Gold{POP}" in text.plain
    assert "4 March 2026: 1,203 points" in text.plain
    assert (text.language, text.direction) == ("en", "ltr")


@pytest.mark.parametrize("template", OURS)
@pytest.mark.parametrize("locale", ["ar-EG", "en-GB"])
def test_our_words_are_these(renderer, template, locale):
    """A change of words is a change of the files: `python -m tests.unit.notifications.snapshots`."""
    kept = SNAPSHOTS / f"{template}.{locale}.txt"
    assert shown(renderer, template, locale) == kept.read_text("utf-8")


def shown(renderer, template, locale):
    text = text_of(renderer, order(template, locale))
    return f"{text.subject}\n\n{text.plain}\n{text.short}\n".translate(SEEN)


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
    assert text_of(renderer, order("recognized", locale)).language == language


def test_where_the_company_speaks_arabic_so_do_those_who_named_no_language(renderer):
    assert text_of(renderer, order("recognized", None, default="ar-SA")).language == "ar"
    assert text_of(renderer, order("recognized", "fr", default="ar-SA")).language == "ar"


def test_words_in_a_foreign_language_are_better_than_none(renderer):
    only_arabic = {"own": {"ar": {"subject": "أهلًا", "txt": "أهلًا"}}}
    assert text_of(renderer, Order("arabic", only_arabic, "own", "en", "en", {})).language == "ar"


def test_a_campaign_may_use_its_own_words_for_a_template_of_ours(renderer):
    own = {"recognized": {"en": {"subject": "Hey", "txt": "Hey"}}}
    assert text_of(renderer, Order("hey", own, "recognized", "en", "en", {})).plain == "Hey\n"
    assert text_of(renderer, Order("hey", own, "apology", "en", "en", order().data)).subject == "We are sorry"


@pytest.mark.parametrize(
    ("points", "words"),
    [(1, "نقطة واحدة"), (2, "نقطتان"), (7, "٧ نقاط"), (11, "١١ نقطة"), (100, "١٠٠ نقطة"), (103, "١٠٣ نقاط")],
)
def test_arabic_counts_points_as_arabic_does(renderer, points, words):
    assert f"٢٠٢٦: {words}\n" in text_of(renderer, order("recognized", "ar-EG", points=points)).plain


@pytest.mark.parametrize("locale", ["ar", "en"])
@pytest.mark.parametrize("points", [0, -40])
def test_nobody_is_told_of_a_balance_that_is_no_pleasure(renderer, locale, points):
    text = text_of(renderer, order("recognized", locale, points=points))
    for word in ("2026", "40", "points on", "رصيد"):
        assert word not in text.plain
        assert word not in text.html


@pytest.mark.parametrize("locale", ["ar", "en"])
def test_a_customer_without_a_name_is_greeted_all_the_same(renderer, locale):
    first = text_of(renderer, order("recognized", locale, name="")).plain.splitlines()[0]
    assert first in ("مرحبًا بك،", "Hello,")


@pytest.mark.parametrize("locale", ["ar", "en"])
def test_everybody_learns_how_to_reach_us_and_how_to_stop_this(renderer, locale):
    text = text_of(renderer, order("recognized", locale))
    assert text.plain.count("care@bayt.example") == 2
    assert text.html.count("mailto:care@bayt.example") == 2


def test_arabic_html_runs_from_right_to_left(renderer):
    elements = Visible(text_of(renderer, order("recognized", "ar-SA")).html).elements
    assert ("html", {"dir": "rtl", "lang": "ar"}) in elements
    assert next(attributes for tag, attributes in elements if tag == "body")["dir"] == "rtl"
    english = Visible(text_of(renderer, order("recognized", "en")).html).elements
    assert ("html", {"dir": "ltr", "lang": "en"}) in english


def test_a_text_without_html_gets_our_page_with_links_to_click(renderer):
    text = text_of(renderer, order("win_back", "ar-SA"))
    page = Visible(text.html)
    links = [attributes for tag, attributes in page.elements if tag == "a"]
    assert [link["href"] for link in links] == [order("win_back").data["unsubscribe"]]
    assert "إلغاء الاشتراك" in page.text
    assert "https://" not in page.text
    assert ("html", {"dir": "rtl", "lang": "ar"}) in page.elements


def test_whoever_writes_html_in_a_plain_text_means_it_literally(renderer):
    text = text_of(renderer, written("1 < 2\n\n<b>{{ name }}</b>", "txt", name="A & B"))
    assert "<p>1 &lt; 2</p>\n<p>&lt;b&gt;A &amp; B&lt;/b&gt;</p>" in text.html


def test_an_address_in_a_name_is_no_link_of_ours(renderer):
    text = text_of(renderer, order("win_back", "en", name="Win at https://evil.example/now"))
    assert "https://evil.example/now" in Visible(text.html).text
    assert "evil" not in str(Visible(text.html).elements)


@settings(deadline=None)
@given(st.text(min_size=1))
def test_no_name_becomes_markup_where_the_page_is_made_of_plain_text(renderer, name):
    usual = Visible(text_of(renderer, order("win_back", "ar", name="Sara")).html)
    assert (
        Visible(text_of(renderer, order("win_back", "ar", name=name + "x")).html).elements == usual.elements
    )


def test_a_text_message_in_latin_letters_has_no_sign_that_halves_its_length(renderer):
    made = text_of(renderer, written("{{ name | isolated }}: {{ points | number }}", "short", name="Sara"))
    assert made.short == "Sara: 1,203"
    arabic = text_of(renderer, written("Hello {{ name | isolated }}!", "short", name="سارة"))
    assert arabic.short == f"Hello {ISOLATE}سارة{POP}!"


def test_moments_are_on_the_clock_and_the_calendar_of_the_customer(renderer):
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    source = "{{ due_at | date }} | {{ due_at | time }} | {{ due_at | moment }}"
    made = text_of(renderer, written(source, due_at=late, zone="Asia/Riyadh"))
    assert made.plain.translate(SEEN) == ("April 1, 2026 | ⟦1:30<NNBSP>AM⟧ | April 1, 2026, 1:30<NNBSP>AM\n")


def test_money_has_the_digits_and_the_sign_of_the_reader(renderer):
    source = "{{ next_tier_missing | money }}"
    assert text_of(renderer, written(source)).plain == f"{ISOLATE}$46.50{POP}\n"
    arabic = Order("money", written(source, "txt", "ar").texts, "own", "ar-EG", "ar", order().data)
    assert text_of(renderer, arabic).plain.translate(SEEN) == "⟦<RLM>٤٦٫٥٠<NBSP>US$⟧\n"


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_made_of_html_is_shown_and_not_obeyed(renderer, locale):
    name = "<script>alert('x')</script>&amp;"
    page = Visible(text_of(renderer, order("recognized", locale, name=name)).html)
    assert f"{ISOLATE}{name}{POP}" in page.text
    assert "script" not in {tag for tag, _ in page.elements}


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_made_of_template_is_shown_and_not_run(renderer, locale):
    assert "{{ 7 * 7 }}" in text_of(renderer, order("recognized", locale, name="{{ 7 * 7 }}")).plain


@pytest.mark.parametrize("locale", ["ar-EG", "en"])
def test_a_name_with_line_breaks_and_overrides_cannot_rearrange_the_message(renderer, locale):
    nasty = "Sara\r\n\r\nBcc: all@example.com\u202eevil\u2066\u2069\u200f\x00\u2028end"
    plain = text_of(renderer, order("recognized", locale, name=nasty)).plain
    assert "Sara Bcc: all@example.com" in plain
    assert f"evil end{POP}" in plain
    assert not any(one in plain for one in "\u202e\u2066\u200f\x00\u2028\r")
    assert plain.count(ISOLATE) == plain.count(POP)


def test_a_very_long_name_is_cut(renderer):
    plain = text_of(renderer, order(name="Sara " * 5000)).plain
    assert max(map(len, plain.splitlines())) < 200


#: Names as nobody has them: with what turns text around, ends lines or means something to a machine.
names = st.text(min_size=1) | st.text(
    st.sampled_from("aZ سא9<>&\"'{}%:\r\n\t\x00\u0085\u200e\u200f\u2028\u2029\u061c")
    | st.characters(min_codepoint=0x202A, max_codepoint=0x202E)
    | st.characters(min_codepoint=0x2066, max_codepoint=0x206F),
    min_size=1,
    max_size=30,
)
ABOUT = {
    "subject": "{{ name }}!",
    "txt": "أهلًا {{ name | isolated }}!\nسطر",
    "html": '<p title="{{ name }}">أهلًا {{ name | isolated }}!</p>',
    "short": "أهلًا {{ name | isolated }}!",
}
MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@settings(deadline=None)
@given(names)
def test_no_name_turns_the_rest_around_or_becomes_markup_or_a_header(renderer, name):
    text = text_of(renderer, Order("any name", {"own": {"ar": ABOUT}}, "own", "ar", "ar", {"name": name}))
    assert len(text.subject.splitlines()) == 1
    assert not set(text.subject) & {*MARKS, "\r", "\n", "\0"}
    page = Visible(text.html)
    assert [tag for tag, _ in page.elements] == ["p"]
    for made, end in ((text.plain, "!\nسطر\n"), (page.text, "!"), (text.short, "!")):
        start = f"أهلًا {ISOLATE}"
        assert made.startswith(start)
        assert made.endswith(POP + end)
        inside = made[len(start) : -len(POP + end)]
        assert not set(inside) & {*MARKS, "\r", "\n", "\0", "\u2028", "\u2029", "\u0085"}
        assert page.elements[0][1]["title"] == inside


def test_a_template_that_asks_for_what_there_is_not_is_an_error_and_not_a_gap(renderer):
    told = fault_of(renderer, written("Hello\n{{ nome }}", "txt"))
    assert told == "text own, language en, part txt, line 2: 'nome' is undefined"


def test_what_a_customer_does_not_have_is_never_shown_as_nothing(renderer):
    told = fault_of(renderer, written("{{ coupon }}", "short", coupon=None))
    assert told.startswith(
        "text own, language en, part short, line 1: a value that this customer does not have"
    )


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://bayt.example/ x", "https://x/" + "y" * 3000]
)
def test_a_link_is_an_address_of_the_web(renderer, link):
    assert "unsubscribe: a link" in fault_of(renderer, written("{{ unsubscribe }}", unsubscribe=link))


def test_data_that_are_not_plain_break_their_own_message_only(renderer):
    bad, good = renderer.render_all([order(name=object()), order()])
    assert isinstance(bad, Broken)
    assert bad.ours
    assert good.subject == "Thank you for coming back"


def test_there_is_no_text_of_that_name(renderer):
    assert fault_of(renderer, order("nothing")) == "text nothing: there is none"


def test_a_tier_without_title_goes_by_its_code():
    assert tier_title({}, "early_bird", "ar") == "Early Bird"


@pytest.mark.parametrize("content", [None, "tiers: 7", "[", "other: 1", "tiers: [gold]"])
def test_a_program_without_tiers_stops_the_service_with_the_name_of_the_setting(tmp_path, content):
    if content is not None:
        (tmp_path / "program.yml").write_text(content)
    with pytest.raises(ValueError, match="WAFA_LOYALTY_PROGRAM"):
        titles_of(tmp_path / "program.yml")

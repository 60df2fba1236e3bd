"""What the linter finds, before a customer does."""

import pytest

from services.notifications.texts.findings import Finding
from services.notifications.texts.variables import VARIABLES
from services.notifications.texts.written import FOLDER, read_texts

SERVICE = {"apology", "recognized", "solved"}
GOOD = {
    "ar": {"subject": "أهلًا", "txt": "أهلًا {{ name | isolated }}\n{{ unsubscribe }}", "short": "أهلًا"},
    "en": {"subject": "Hello", "txt": "Hello {{ name | isolated }}\n{{ unsubscribe }}", "short": "Hello"},
}


def found(renderer, language="en", /, purpose="service", **parts):
    """What is found in good texts of which some parts are others; without what they lack in common."""
    texts = {**GOOD, language: {**GOOD[language], **parts}}
    return [(one.level, one.part, one.line, one.message) for one in renderer.check({"own": texts}, purpose)]


def told(renderer, language="en", /, **parts):
    findings = found(renderer, language, **parts)
    return "\n".join(f"{part}:{line} {level}: {said}" for level, part, line, said in findings)


def test_good_texts_have_nothing_wrong_with_them(renderer):
    assert renderer.check({"own": GOOD}, "service") == []


@pytest.mark.parametrize("template", sorted(read_texts(FOLDER)))
def test_our_own_texts_have_nothing_wrong_with_them(renderer, template):
    purpose = "service" if template in SERVICE else "marketing"
    findings = renderer.check({template: read_texts(FOLDER)[template]}, purpose)
    # Who stops promotion by SMS needs a link, and it is long.
    assert [one for one in findings if "segments" not in one.message] == []


def test_a_missing_translation_is_found(renderer):
    (finding,) = renderer.check({"own": {"en": GOOD["en"]}}, "service")
    assert finding == Finding("own", "", "", 0, "warning", "the translation is missing: Arabic")


def test_a_part_that_only_one_language_has_is_found(renderer):
    texts = {"ar": GOOD["ar"], "en": {part: GOOD["en"][part] for part in ("subject", "txt")}}
    assert "other languages have it, not so en" in str(renderer.check({"own": texts}, "service"))


@pytest.mark.parametrize(("part", "level"), [("txt", "error"), ("html", "error"), ("short", "warning")])
def test_promotion_that_nobody_can_stop_is_found(renderer, part, level):
    parts = {"short": "Hello {{ unsubscribe }}", part: "<p>Hello</p>"}
    findings = found(renderer, purpose="marketing", **parts)
    assert (level, part, 0, "promotion needs a way out: {{ unsubscribe }}") in findings


def test_a_way_out_in_our_layout_is_one(renderer):
    html = '{% extends "layout.html" %}{% block message %}<p>Hello</p>{% endblock %}'
    assert [one for one in found(renderer, purpose="marketing", html=html) if one[1] == "html"] == []


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"txt": "Hello\n{{ nmae }}"}, "txt:2 error: there is no variable nmae"),
        ({"subject": "{{ name"}, "subject:1 error: unexpected end of template"),
        ({"txt": "a\n\n{% if name %}"}, "txt:3 error: Unexpected end of template"),
        ({"txt": "{{ name.__class__ }}"}, "txt:1 error: access to attribute '__class__'"),
        ({"txt": "{% include 'layout.html' %}"}, "txt:1 error: `include` cannot stand in a text"),
        ({"txt": "{{ name | safe }}"}, "txt:1 error: No filter named 'safe'"),
        ({"txt": "{{ today }}"}, "txt:1 error: today needs a filter: today | date"),
        ({"txt": "{{ next_tier_missing }}"}, "next_tier_missing needs a filter: next_tier_missing | money"),
        ({"txt": "{% for x in range(1000) %}" * 6 + "{% endfor %}" * 6}, "error: it takes too long"),
        ({"txt": "a\n{{ due_at | date }}"}, "txt:2 warning: fails for whom little is known of"),
        ({"html": "<script>x</script>"}, "html:1 error: <script> has no place in a mail"),
        ({"html": '<p>\n<a onclick="x">a</a></p>'}, "html:2 error: onclick runs a script"),
        ({"html": '<a href="javascript:x">a</a>'}, "html:1 error: javascript: has no place in a link"),
        ({"html": "<a href={{ unsubscribe }}>a</a>"}, 'html:1 error: an attribute needs quotes: href="…"'),
        ({"html": '<p title="{{ name | isolated }}">a</p>'}, "an isolate does not belong in an attribute"),
        ({"txt": "a\u202eb"}, "txt:1 error: embeddings and overrides"),
        ({"txt": "a\u2068b"}, "txt:1 error: isolates (U+2066 to U+2069) do not come in pairs"),
        ({"txt": "a\u2069b\u2068"}, "txt:1 error: isolates (U+2066 to U+2069) do not come in pairs"),
        ({"subject": "Hello " * 20}, "subject:0 warning: with a long name it has 119 characters"),
        (
            {"short": "It’s time"},
            "an SMS has 70 instead of 160 characters because of ’ (U+2019)",
        ),
        (
            {"short": "word " * 150},
            "with a long name an SMS takes 5 segments (749 characters, GSM)",
        ),
        ({"short": "word " * 300}, "short:0 error: with a long name an SMS takes 10 segments"),
        ({"pdf": "x"}, "pdf:0 error: there is no such part; parts are subject, txt, html, short"),
    ],
)
def test_a_mistake_is_found_and_its_place(renderer, parts, words):
    assert words in told(renderer, "en", **parts)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"txt": "أهلًا {{ name }}"}, "txt:1 warning: name can upset the direction of the sentence"),
        ({"subject": "أهلًا {{ brand | upper }}"}, "subject:1 warning: brand can upset the direction"),
        ({"short": "قسيمتك {{ coupon or name }}"}, "short:1 warning: coupon can upset the direction"),
        ({"txt": "رصيدك {{ points }}"}, "write points | number"),
        ({"txt": "لغة C++ هنا"}, 'txt:1 warning: "C+": the sign may change sides'),
        ({"txt": "أهلًا\nبكم في (Wafa) اليوم"}, 'txt:2 warning: "(W": the sign may change sides'),
        (
            {"html": '<html dir="rtl"><div dir="ltr">أهلًا</div></html>'},
            "html:1 warning: this runs against",
        ),
        (
            {"html": '<html dir="rtl"><p style="text-align: left">أ</p></html>'},
            "this runs against the language",
        ),
        ({"html": "<p>أهلًا</p>"}, 'html:0 error: a page of its own needs <html dir="rtl">'),
    ],
)
def test_trouble_with_two_directions_is_found(renderer, parts, words):
    assert words in told(renderer, "ar", **parts)


@pytest.mark.parametrize(
    "txt",
    [
        "أهلًا {{ name | isolated }}!",
        "{{ counted(points, one='نقطة', other='{n} نقطة') }}",
        "راسلونا على care@bayt.example أو https://bayt.example/a?b=c",
        "{% if name == 'Sara' %}أهلًا{% endif %}",
        "{{ name | isolated if name else 'بك' }}",
        "{{ unsubscribe }}",
    ],
)
def test_what_is_right_is_not_complained_of(renderer, txt):
    assert found(renderer, "ar", txt=txt) == []


def test_a_mail_needs_a_plain_text_and_a_subject(renderer):
    texts = {"own": {"en": {"html": "<p>Hello</p>"}, "ar": {"txt": "أهلًا"}}}
    said = {(one.language, one.part, one.message) for one in renderer.check(texts, "service")}
    assert ("en", "html", "HTML needs a plain text beside it, `txt`") in said
    assert ("ar", "subject", "a mail needs a `subject`") in said


def test_a_language_that_there_is_not_is_found(renderer):
    assert "xx is no language" in str(renderer.check({"own": {**GOOD, "xx": GOOD["en"]}}, "service"))


def test_texts_that_are_being_checked_are_not_kept(renderer):
    renderer.check({"recognized": GOOD}, "service")
    assert "there is nothing" not in str(renderer.check({"own": GOOD}, "service"))


def test_every_variable_has_samples_in_both_languages():
    assert all(set(variable.samples) == {"ar", "en"} for variable in VARIABLES.values())

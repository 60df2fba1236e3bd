"""Numbers and days as a reader writes them."""

from datetime import date

import pytest

from services.notifications.texts.foreign import clean, isolated
from services.notifications.texts.formats import speech

LANGUAGES = frozenset({"ar", "en"})


def spoken(locale):
    return speech(locale, "en", LANGUAGES)


@pytest.mark.parametrize(("locale", "number"), [("ar-EG", "١٬٢٣٤"), ("ar-AE", "1,234"), ("en-US", "1,234")])
def test_numbers_have_the_digits_and_groups_of_the_locale(locale, number):
    assert spoken(locale).number(1234) == number


@pytest.mark.parametrize(
    ("locale", "day"),
    [
        ("ar-SA", "٤ مارس ٢٠٢٦"),
        ("ar-AE", "4 مارس 2026"),
        ("en-US", "March 4, 2026"),
        ("en-GB", "4 March 2026"),
    ],
)
def test_days_are_named_as_the_reader_names_them(locale, day):
    assert spoken(locale).date(date(2026, 3, 4)) == day


def test_cleaning_keeps_what_a_language_is_written_with():
    persian = "می\u200cخواهم"
    assert clean(persian) == persian
    assert clean("  Zoë\t O’Neil  ") == "Zoë O’Neil"
    assert clean("e\u0301") == "é"


def test_what_is_not_text_is_gone():
    assert clean("a\ud800b\u202ec\ue000d\x07e") == "abcd e"


def test_an_isolate_cannot_be_left():
    assert isolated("a\u2069b") == "\u2068ab\u2069"

"""Numbers, money and days as a reader writes them."""

from datetime import date
from decimal import Decimal

import pytest

from services.notifications.formats import clean, isolated, speech

LANGUAGES = frozenset({"ar", "en"})


def spoken(locale):
    return speech(locale, "en", LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "money"),
    [
        ("ar-EG", "\u200f١٬٢٣٤٫٥٠\u00a0ج.م.\u200f"),
        ("ar-AE", "\u200f1,234.50\u00a0ج.م.\u200f"),
        ("en-US", "EGP1,234.50"),
    ],
)
def test_money_is_written_with_the_digits_and_signs_of_the_locale(locale, money):
    assert spoken(locale).money(Decimal("1234.50"), "EGP") == money


def test_money_has_as_many_decimals_as_its_currency():
    assert spoken("en").money(Decimal("1234.5"), "JPY") == "¥1,234"
    assert spoken("ar-KW").money(Decimal("1.5"), "KWD").startswith("\u200f١٫٥٠٠")


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

"""Numbers, money, days and hours as a reader writes them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

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


@pytest.mark.parametrize(
    ("locale", "currency", "money"),
    [
        ("ar-EG", "EGP", "\u200f١٬٢٣٤٫٥٠\u00a0ج.م.\u200f"),
        ("ar-AE", "AED", "\u200f1,234.50\u00a0د.إ.\u200f"),
        ("en-US", "USD", "$1,234.50"),
        ("en-GB", "KWD", "KWD1,234.500"),
    ],
)
def test_money_has_its_currency_and_as_many_places_as_that_has(locale, currency, money):
    assert spoken(locale).money(Decimal("1234.50"), currency) == money


@pytest.mark.parametrize(("locale", "hour"), [("ar-SA", "٣:٣٠ م"), ("en-GB", "15:30")])
def test_hours_are_on_the_readers_clock(locale, hour):
    noon = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
    assert spoken(locale).time(noon, "Asia/Riyadh").replace("\u00a0", " ") == hour


def test_two_moments_that_are_one_are_told_by_two_clocks():
    here = datetime(2026, 3, 4, 12, tzinfo=UTC)
    same = here.astimezone(timezone(timedelta(hours=5)))
    assert here == same
    assert spoken("en-GB").time(here, "UTC") == spoken("en-GB").time(same, "UTC") == "12:00"
    assert spoken("en-GB").time(here, "Asia/Riyadh") == "15:00"
    assert spoken("en-GB").moment(here, "Asia/Riyadh") == "4 March 2026, 15:00"


def test_cleaning_keeps_what_a_language_is_written_with():
    persian = "می\u200cخواهم"
    assert clean(persian) == persian
    assert clean("  Zoë\t O’Neil  ") == "Zoë O’Neil"
    assert clean("e\u0301") == "é"


def test_what_is_not_text_is_gone():
    assert clean("a\ud800b\u202ec\ue000d\x07e") == "abcd e"


def test_an_isolate_cannot_be_left():
    assert isolated("a\u2069b") == "\u2068ab\u2069"

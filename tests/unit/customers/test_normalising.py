"""One form for what people write in many."""

import pytest

from services.customers.normalising import normal_email, normal_phone


@pytest.mark.parametrize(
    ("written", "country", "normal"),
    [
        ("+966 50 123 4567", None, "+966501234567"),
        ("050 123 4567", "SA", "+966501234567"),
        ("00966501234567", "SA", "+966501234567"),
        ("00 971 50 123 4567", "SA", "+971501234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "SA", "+966501234567"),
        ("+٩٦٦٥٠١٢٣٤٥٦٧", None, "+966501234567"),
        ("۰۵۰۱۲۳۴۵۶۷", "SA", "+966501234567"),
        ("\u200e+966501234567\u202c", None, "+966501234567"),
        ("011 465 1234", "SA", "+966114651234"),
        ("050-123-4567", "AE", "+971501234567"),
        ("04 331 2345", "AE", "+97143312345"),
        ("5012 3456", "KW", "+96550123456"),
        ("3312 3456", "QA", "+97433123456"),
        ("3600 1234", "BH", "+97336001234"),
        ("9212 3456", "OM", "+96892123456"),
        ("0100 123 4567", "EG", "+201001234567"),
        ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567"),
        ("02 27921234", "EG", "+20227921234"),
        ("+20 (0) 100 123 4567", None, "+201001234567"),
        ("+20 100 123 4567", "SA", "+201001234567"),
    ],
)
def test_telephone_numbers_of_the_gulf_and_egypt(written, country, normal):
    assert normal_phone(written, country) == normal


@pytest.mark.parametrize(
    ("written", "country", "hint"),
    [
        ("050 123 4567", None, "add `country`"),
        ("050 123 456", "SA", "in SA"),
        ("0501234567890123", "SA", "in SA"),
        ("+999 50 123 4567", None, "+966"),
        ("000", "EG", "in EG"),
        ("call me", "SA", "not a phone number"),
        ("", "SA", "not a phone number"),
        ("050 123 4567", "XX", "not a phone number"),
    ],
)
def test_what_is_no_telephone_number_is_refused_with_what_to_write(written, country, hint):
    with pytest.raises(ValueError, match="not a phone number") as refused:
        normal_phone(written, country)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("  Layla.Haddad@Example.COM ", "layla.haddad@example.com"),
        ("layla+shop@example.com", "layla+shop@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("Jose\u0301@example.com", "jos\u00e9@example.com"),
        ("layla@Bücher.example", "layla@xn--bcher-kva.example"),
        ("layla@XN--BCHER-KVA.example", "layla@xn--bcher-kva.example"),
        ("ليلى@مثال.السعودية", "ليلى@xn--mgbh0fb.xn--mgberp4a5d4ar"),
        ("layla@my_host.example.com", "layla@my_host.example.com"),
    ],
)
def test_addresses_are_the_same_however_they_are_written(written, normal):
    assert normal_email(written) == normal
    assert normal_email(normal) == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "layla",
        "@example.com",
        "layla@",
        "x" * 65 + "@example.com",
        "ß" * 40 + "@example.com",
        f"x@{'y' * 250}.com",
        "layla@\u0640.com",
    ],
)
def test_what_is_no_address_is_refused(written):
    with pytest.raises(ValueError, match="not an e-mail address"):
        normal_email(written)

"""Whatever may mention a person is found, however it was written."""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.interactions.domain.traces import Traces

MONA = Traces(
    customer_ids=("7f1d3c52-9a40-5a6e-8f0b-3b1f6f0c2a11",),
    emails=("mona.ali@example.com", "mona@xn--bcher-kva.example"),
    phones=("+966501234567", "+12125550147", "+6834002"),
    external_ids=(("pos-riyadh", "0050"),),
    names=("Mona Ali", "منى العلي"),
)


@pytest.mark.parametrize(
    "text",
    [
        "write to MONA.Ali@Example.COM please",
        "mona.ali%40example.com",
        "mona@bücher.example",
        '{"email": "mona.ali\\u0040example.com"}',
        '"{\\"email\\": \\"mona.ali\\\\u0040example.com\\"}"',
        "+966501234567",
        "00966 50 123 4567",
        "(050) 123-45-67",
        "+966 (0)50.123.4567",
        "٠٥٠ ١٢٣ ٤٥٦٧",
        "call ۰۵۰۱۲۳۴۵۶۷ back",
        "212/555-0147",
        "4002",
        '{"external_ids": [{"system": "pos-riyadh", "id": "0050"}]}',
        "{'id': 0050, 'system': 'POS-Riyadh'",
        "Dear mona ali,",
        "ALI, MONA",
        '{"first": "Mona", "gender": "f", "last": "Ali"}',
        "mona_ali",
        "السيدة مُنى العليّ",
        '{"name": "\\u0645\\u0646\\u0649 \\u0627\\u0644\\u0639\\u0644\\u064a"}',
        "customer 7F1D3C52-9a40-5a6e-8f0b-3b1f6f0c2a11 cannot be written",
        base64.b64encode(b'{"customer": {"email": "mona.ali@example.com"}}').decode(),
        base64.encodebytes(b"x" * 50 + b" mona.ali@example.com " + b"y" * 50).decode(),
    ],
)
def test_a_trace_is_found_however_it_is_written(text: str) -> None:
    assert MONA.in_text(text)
    assert MONA.in_bytes(text.encode())


@pytest.mark.parametrize(
    "content",
    [
        b'{"caf\xe9": "mona.ali@example.com"',
        "منى العلي".encode("cp1256"),
        "Mona Ali; منى العلي".encode("utf-16"),
        "منى العلي".encode("utf-16-le"),
        b"\xff\xfe\x00\x01 0501234567 \x80\x81",
        "Mona Ali".encode("utf-32"),
        b'{"name": "Mona Ali\xff"}',
    ],
)
def test_bytes_that_are_no_json_and_no_utf_8_are_searched_too(content: bytes) -> None:
    assert MONA.in_bytes(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "monastery alignment",
        "omar@example.com, 0507654321",
        '{"system": "pos-riyadh", "id": "00501"}',
        '{"system": "pos-jeddah", "id": "0050"}',
        "Mona Lisa",
        "منيرة العلي",
    ],
)
def test_others_are_left_alone(text: str) -> None:
    assert not MONA.in_text(text)


def test_who_left_no_traces_is_found_nowhere() -> None:
    assert not Traces(emails=("",)[1:], names=(" ",)).in_text("anything at all")


def test_what_is_compressed_cannot_be_searched_and_does_not_break_the_search() -> None:
    assert not MONA.in_bytes(gzip.compress(b"mona.ali@example.com" * 9))


separators = st.text(st.sampled_from(" -.()/\u00a0\u200e\u2011"), max_size=3)


@given(
    st.data(), st.sampled_from(["966501234567", "0501234567"]), st.sampled_from([0x30, 0x660, 0x6F0, 0xFF10])
)
def test_a_number_is_found_with_any_separators_in_any_digits(data, digits: str, zero: int) -> None:
    written = "".join(chr(zero + int(digit)) + data.draw(separators) for digit in digits)
    assert MONA.in_text(f"his number: {written}.")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_an_address_is_found_amid_any_bytes(before: bytes, after: bytes) -> None:
    assert MONA.in_bytes(before + b" mona.ali@example.com " + after)


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_name_is_found_in_any_json(before: str, after: str) -> None:
    text = json.dumps({"note": f"{before} Mona Ali {after}"})
    assert MONA.in_bytes(text.encode())

"""A call to a gateway: what its settings must look like, and what is kept of its answers."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.webhook import FarEnd
from services.notifications.channels.words import LONGEST, kept_words

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "secret",
        "whsec_",
        "whsec_c2hvcnQ=",
        SECRET.removeprefix("whsec_"),
        SECRET + "!",
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_a_secret_of_another_form_is_named_and_not_repeated(secret):
    with pytest.raises(ValueError, match="WAFA_SMS_SECRET must be whsec_") as raised:
        FarEnd.parse("sms", "https://hooks.example/", secret)
    assert not secret or secret not in str(raised.value).replace("whsec_ and", "")


def test_an_address_that_cannot_be_used_is_named_and_not_repeated():
    with pytest.raises(ValueError, match="WAFA_WHATSAPP_URL must look like https://") as raised:
        FarEnd.parse("whatsapp", "https://user:password@hooks.example/", SECRET)
    assert "password" not in str(raised.value)


def test_a_key_shows_in_no_log():
    assert "key" not in repr(FarEnd.parse("sms", "https://hooks.example/", SECRET))


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.text(max_size=30), st.text(max_size=30))
def test_of_what_a_gateway_says_nobodys_number_is_kept(number, before, after):
    kept = kept_words(f"{before} {number} {after}", number)
    assert number[1:] not in kept
    assert len(kept) <= LONGEST

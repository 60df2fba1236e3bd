"""An e-mail: whoever the customer is, the headers are ours."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.mail import Mail, Sender, compose, message_id, usable_address
from tests.unit.notifications.builders import message as a_message

SENDER = Sender("Bayt ☕ Coffee", "care@bayt.example")
ARABIC = {
    "language": "ar",
    "direction": "rtl",
    "subject": "شكرًا لعودتك إلينا",
    "plain": "مرحبًا سارة،\n",
    "html": '<p dir="rtl">مرحبًا سارة،</p>\n',
}
LINK = "https://bayt.example/u/WyJ1IiwiaWQiXQ.dBjftJeZ4CVP-mB92K27uhbUJU1p"


def composed(**changes: Any) -> tuple[Mail, EmailMessage]:
    mail = compose(a_message(**changes), SENDER)
    return mail, message_from_bytes(mail.content, policy=default)


def test_an_arabic_mail_arrives_as_it_was_written():
    mail, message = composed(**ARABIC)
    assert mail.content.isascii()
    assert message["Subject"] == ARABIC["subject"]
    assert message["From"].addresses[0].display_name == SENDER.name
    assert message["Content-Language"] == "ar"
    assert message.get_body(("plain",)).get_content().splitlines() == ARABIC["plain"].splitlines()
    assert message.get_body(("html",)).get_content().splitlines() == ARABIC["html"].splitlines()


def test_the_same_outreach_always_has_the_same_message_id():
    assert composed()[1]["Message-ID"] == message_id("outreach-1", SENDER) == "<outreach-1@bayt.example>"


def test_a_machine_can_tell_that_a_machine_wrote_it_and_how_to_stop_it():
    message = composed()[1]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<mailto:care@bayt.example?subject=unsubscribe>"


def test_one_click_ends_it_where_there_is_a_link():
    message = composed(unsubscribe=LINK)[1]
    assert message["List-Unsubscribe"] == f"<{LINK}>, <mailto:care@bayt.example?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_no_click_is_promised_where_there_is_no_link():
    assert "List-Unsubscribe-Post" not in composed()[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outreach_id", "1@x>\r\nBcc: all@example.com"),
        ("outreach_id", "1\n"),
        ("outreach_id", ""),
        ("recipient", "sara@example.com\r\nBcc: all@example.com"),
        ("recipient", "sara@example.com, all@example.com"),
        ("recipient", "سارة@example.com"),
        ("unsubscribe", "https://bayt.example/u/x>\r\nBcc: all@example.com"),
        ("unsubscribe", "https://bayt.example/u/x\n"),
        ("unsubscribe", "https://bayt.example/u/x>,<mailto:all@example.com"),
        ("unsubscribe", "https://bayt.example/ü"),
        ("unsubscribe", "javascript:alert(1)"),
        ("unsubscribe", "https://bayt.example/" + "x" * 1000),
    ],
)
def test_what_would_be_more_than_its_place_in_a_header_makes_no_mail(field, value):
    with pytest.raises(ValueError, match=field) as raised:
        composed(**{field: value})
    assert not value or value not in str(raised.value)


def test_a_percent_sign_anywhere_is_only_that():
    odd = {"subject": "20%(recipient)b off", "plain": "100%\n", "unsubscribe": f"{LINK}%20%s"}
    message = composed(**odd)[1]
    assert message["Subject"] == "20%(recipient)b off"
    assert message.get_body(("plain",)).get_content().strip() == "100%"
    assert f"<{LINK}%20%s>" in message["List-Unsubscribe"]


def test_no_line_on_the_wire_is_longer_than_servers_take():
    long = {"subject": "word " * 30, "plain": "word " * 1000, "html": "<p>" + "x" * 5000}
    link = "https://bayt.example/u/" + "x" * 700
    assert max(map(len, composed(**long, unsubscribe=link)[0].content.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?x=0D=0ABcc:_all@example.com?=",
        "=?utf-8?b?eA0KQmNjOiBhbGxAZXhhbXBsZS5jb20NCg0Kbm8gbWFpbA==?=",
        "=?utf-8?q?=00?=",
        "=?bogus?q?x?=",
    ],
)
@pytest.mark.parametrize("subject", ["{}", "Hello {}", "Hello \u2068{}\u2069, it is you", "مرحبًا {}"])
def test_a_name_that_looks_encoded_is_only_a_name(name, subject):
    """The email package would decode it, line breaks and all, and add the header that is in it."""
    mail, message = composed(subject=subject.format(name))
    assert message.keys() == composed()[1].keys()
    assert b"Bcc" not in mail.content
    assert str(make_header(decode_header(message_from_bytes(mail.content)["Subject"]))) == subject.format(
        name
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200))
def test_any_subject_is_one_header_and_says_what_it_said(subject):
    mail, message = composed(subject=subject)
    assert message.keys() == composed()[1].keys()
    assert mail.content.isascii()
    read = str(make_header(decode_header(message_from_bytes(mail.content)["Subject"])))
    assert read.split() == subject.split()


@pytest.mark.parametrize("part", ["subject", "plain", "html"])
def test_a_line_break_in_any_text_adds_no_header(part):
    try:
        message = composed(**{part: "x\r\nBcc: all@example.com\r\n\r\nbody"})[1]
    except ValueError:
        return  # the email package refuses such a subject
    assert "Bcc" not in message


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sara",
        "sara@",
        "@example.com",
        "sara@example.com\r\nBcc: all@example.com",
        "sara@example.com\n",
        "sara@example.com, all@example.com",
        "Sara <sara@example.com>",
        "<sara@example.com>",
        '"sara x"@example.com',
        "sara@example..com",
        "sa\x00ra@example.com",
        "sara(comment)@example.com",
        "سارة@example.com",
        "sara@" + "x" * 300 + ".com",
        "sara@" + "x" * 64 + ".example",
    ],
)
def test_what_is_no_plain_address_is_none(address):
    assert usable_address(address) is None


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("sara@example.com", "sara@example.com"),
        ("sara.o'neil+shop@mail.example.com", "sara.o'neil+shop@mail.example.com"),
        ("sara@مثال.إختبار", "sara@xn--mgbh0fb.xn--kgbechtv"),
    ],
)
def test_a_plain_address_is_used_as_mail_servers_know_it(address, known_as):
    assert usable_address(address) == known_as


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.from_regex(r"[ -~]{0,30}", fullmatch=True))
def test_whatever_passes_for_an_address_is_one_recipient_and_no_header(local, domain):
    address = usable_address(f"{local}@{domain}")
    if address is not None:
        _, message = composed(recipient=address)
        assert [one.addr_spec for one in message["To"].addresses] == [address]
        assert len(message.keys()) == 10


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("Wafa <wafa@localhost>", Sender("Wafa", "wafa@localhost")),
        ("care@bayt.example", Sender("bayt.example", "care@bayt.example")),
        ('"بيت القهوة" <care@bayt.example>', Sender("بيت القهوة", "care@bayt.example")),
    ],
)
def test_the_sender_is_written_as_in_any_mail_program(text, sender):
    assert Sender.parse(text) == sender


def test_a_sender_without_address_names_the_setting():
    with pytest.raises(ValueError, match="WAFA_MAIL_FROM"):
        Sender.parse("Wafa")

"""An e-mail: whoever the customer is, the headers are ours."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.mail import Sender, compose, message_id, usable_address
from services.notifications.rendering import Text

SENDER = Sender("Bayt ☕ Coffee", "care@bayt.example")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TEXT = Text("ar", "شكرًا لعودتك إلينا", "مرحبًا سارة،\n", '<p dir="rtl">مرحبًا سارة،</p>\n')


def composed(text=TEXT, recipient="sara@example.com"):
    mail = compose("outreach-1", text, sender=SENDER, recipient=recipient, now=NOW)
    return mail, message_from_bytes(mail.content, policy=default)


def test_an_arabic_mail_arrives_as_it_was_written():
    mail, message = composed()
    assert mail.content.isascii()
    assert message["Subject"] == TEXT.subject
    assert message["From"].addresses[0].display_name == SENDER.name
    assert message["Content-Language"] == "ar"
    assert message.get_body(("plain",)).get_content().splitlines() == TEXT.plain.splitlines()
    assert message.get_body(("html",)).get_content().splitlines() == TEXT.html.splitlines()


def test_the_same_outreach_always_has_the_same_message_id():
    assert composed()[1]["Message-ID"] == message_id("outreach-1", SENDER) == "<outreach-1@bayt.example>"


def test_a_machine_can_tell_that_a_machine_wrote_it_and_how_to_stop_it():
    message = composed()[1]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<mailto:care@bayt.example?subject=unsubscribe>"


def test_no_line_on_the_wire_is_longer_than_servers_take():
    long = Text("en", "word " * 30, "word " * 1000, "<p>" + "x" * 5000)
    assert max(map(len, composed(long)[0].content.split(b"\r\n"))) < 998


@pytest.mark.parametrize("part", ["subject", "plain", "html"])
def test_a_line_break_in_any_text_adds_no_header(part):
    words = {"language": "en", "subject": "s", "plain": "p", "html": "h"}
    injected = Text(**words | {part: "x\r\nBcc: all@example.com\r\n\r\nbody"})
    try:
        message = composed(injected)[1]
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

"""Where mail is handed in, as one setting says it."""

import pytest

from services.notifications.channels.smtp import Server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025)),
        ("smtp://mail.example", Server("mail.example", 25)),
        ("smtp://", Server("localhost", 25)),
        ("smtp://mail.example?starttls=required", Server("mail.example", 25, tls="required")),
        ("smtps://mail.example", Server("mail.example", 465, tls="implicit")),
        ("smtps://me:p%40ss@mail.example", Server("mail.example", 465, "me", "p@ss", "implicit")),
        ("smtp://me:x@mail.example?starttls=never", Server("mail.example", 587, "me", "x", "never")),
    ],
)
def test_one_setting_says_where_and_how(url, server):
    assert Server.parse(url) == server


def test_a_password_is_never_sent_in_the_clear_unless_somebody_insists():
    assert Server.parse("smtp://me:secret@mail.example").tls == "required"


@pytest.mark.parametrize(
    "url", ["http://u:secret@x", "smtp://u:secret@h?starttls=maybe", "smtp://u:secret@h:port"]
)
def test_a_wrong_setting_is_named_and_its_password_is_not_repeated(url):
    with pytest.raises(ValueError, match="WAFA_SMTP_URL") as raised:
        Server.parse(url)
    assert "secret" not in str(raised.value)

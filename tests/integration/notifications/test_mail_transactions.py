"""A mail over SMTP, command by command: with servers that take several at once, and others."""

from collections.abc import Iterator

import pytest

from services.notifications.channels.outcomes import Accepted, PutOff, Refused
from services.notifications.channels.smtp import Mailer, Server
from tests.integration.notifications.scripted import CONTENT, Scripted
from wafa.stack.ports import LOOPBACK


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[Scripted]:
    with Scripted(request.param) as server:
        yield server


@pytest.fixture
def mailer(server: Scripted) -> Iterator[Mailer]:
    mailer = Mailer(Server(LOOPBACK, server.port), timeout=30)
    yield mailer
    mailer.close()


def test_a_mail_arrives_as_it_is_and_the_connection_takes_the_next(server: Scripted, mailer: Mailer) -> None:
    assert mailer.send(server.mail()) == mailer.send(server.mail()) == Accepted()
    stuffed = CONTENT.replace(b"\r\n.", b"\r\n..")
    assert server.mails == [stuffed, stuffed]
    assert server.connections == 1
    assert server.commands[1:4] == [
        f"MAIL FROM:<care@bayt.example> SIZE={len(CONTENT)}",
        "RCPT TO:<sara@example.com>",
        "DATA",
    ]


def test_who_does_not_take_commands_at_once_is_not_given_them_at_once() -> None:
    with Scripted(pipelining=False) as server:
        mailer = Mailer(Server(LOOPBACK, server.port), timeout=30)
        assert mailer.send(server.mail()) == Accepted()
        assert server.early == 0
        mailer.close()


@pytest.mark.parametrize("at", ["RCPT", "DATA", "END"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 no <sara@example.com>", Refused("550 no <<recipient>>")), ("451 later", PutOff("451 later"))],
)
def test_what_is_said_of_one_mail_decides_about_that_mail_alone(
    server: Scripted, mailer: Mailer, at: str, answer: str, outcome: Refused | PutOff
) -> None:
    # A server that has no recipient has no use for DATA.
    server.answers = {at: answer} | ({"DATA": "503 no recipient"} if at == "RCPT" else {})
    assert mailer.send(server.mail()) == outcome
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert server.connections == 1


def test_no_mail_goes_to_nobody(server: Scripted, mailer: Mailer) -> None:
    """Some servers refuse the recipient and take the mail all the same."""
    server.answers = {"RCPT": "550 no"}
    assert mailer.send(server.mail()) == Refused("550 no")
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert len(server.mails) == 1


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("answer", ["421 going down", ""])
def test_a_server_that_goes_is_held_against_no_mail(
    server: Scripted, mailer: Mailer, at: str, answer: str
) -> None:
    server.answers = {at: answer}
    outcome = mailer.send(server.mail())
    assert isinstance(outcome, PutOff)
    assert outcome.away
    server.answers = {}
    assert mailer.send(server.mail()) == Accepted()
    assert server.connections == 2


def test_a_server_that_refuses_us_as_a_sender_refuses_no_mail(server: Scripted, mailer: Mailer) -> None:
    server.answers = {"MAIL": "550 not you"}
    outcome = mailer.send(server.mail())
    assert isinstance(outcome, PutOff)
    assert outcome.away


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<all@example.com", "a@b.example\nDATA"])
def test_an_address_is_no_command(server: Scripted, mailer: Mailer, address: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        mailer.send(server.mail(address))
    assert not any("all@example.com" in command for command in server.commands)

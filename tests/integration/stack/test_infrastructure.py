"""The servers that every other test stands on."""

import email
import email.policy
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import amqp
import psutil
import pytest
from pymongo import MongoClient

from wafa.stack import Stack, running


def connect(uri: str) -> amqp.Connection:
    parts = urlsplit(uri)
    return amqp.Connection(f"{parts.hostname}:{parts.port}", virtual_host=parts.path[1:].replace("%2F", "/"))


@pytest.fixture
def smtp(infrastructure: Stack) -> Iterator[smtplib.SMTP]:
    place = urlsplit(infrastructure.smtp_url)
    with smtplib.SMTP(str(place.hostname), place.port or 0, local_hostname="localhost") as connection:
        yield connection


def mail_to(recipient: str, stack: Stack) -> list[EmailMessage]:
    messages = (
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted(stack.mail_folder.glob("*.eml"))
    )
    return [message for message in messages if recipient in message["X-RcptTo"]]


def message_to(recipient: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.org", recipient, "أهلاً"
    message.set_content(text)
    return message


def test_the_broker_takes_quorum_queues_and_large_messages(vhost_uri: str) -> None:
    with connect(vhost_uri) as connection:
        channel = connection.channel()
        channel.confirm_select()
        channel.queue_declare("q", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.basic_publish_confirm(amqp.Message(b"x" * 5_000_000, delivery_mode=2), routing_key="q")
        assert len(channel.basic_get("q", no_ack=True).body) == 5_000_000


def test_each_test_can_have_a_broker_to_itself(vhosts: Iterator[str]) -> None:
    for uri in (next(vhosts), next(vhosts)):
        with connect(uri) as connection:
            queue = connection.channel().queue_declare("the same name", auto_delete=False)
            assert queue.message_count == 0
            connection.channel().basic_publish(amqp.Message("left behind"), routing_key="the same name")


def test_the_database_server_answers(mongo_client: MongoClient, unique: str) -> None:
    mongo_client[unique]["things"].insert_one({"_id": 1, "name": "وفاء"})
    assert mongo_client[unique]["things"].find_one()["name"] == "وفاء"
    mongo_client.drop_database(unique)


def test_mail_is_kept_whole_with_all_who_it_is_for(
    smtp: smtplib.SMTP, infrastructure: Stack, unique: str
) -> None:
    smtp.send_message(
        message_to(f"{unique}@example.org", "مرحبا\n.\nbye"),
        to_addrs=[f"{unique}@example.org", "hidden@example.org"],
    )
    [kept] = mail_to(unique, infrastructure)
    assert kept["Subject"] == "أهلاً"
    assert kept.get_content() == "مرحبا\r\n.\r\nbye\r\n"
    assert kept["X-RcptTo"] == f"{unique}@example.org, hidden@example.org"


def test_hundreds_of_mails_in_a_row_are_all_kept(
    smtp: smtplib.SMTP, infrastructure: Stack, unique: str
) -> None:
    for number in range(300):
        smtp.send_message(message_to(f"{unique}@example.org", f"number {number}"))
    texts = [message.get_content().strip() for message in mail_to(unique, infrastructure)]
    assert texts == [f"number {number}" for number in range(300)]


def test_nothing_listens_to_the_outside(infrastructure: Stack) -> None:
    processes = [identity.find() for identity in infrastructure.identities()]
    addresses = {
        connection.laddr.ip
        for process in processes
        if process
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses <= {"127.0.0.1", "::1"}


def test_other_commands_find_the_stack_that_runs(infrastructure: Stack) -> None:
    found = running(infrastructure.mail_folder.parent)
    assert found
    assert found.environment() == infrastructure.environment()
    assert found.mail_folder == infrastructure.mail_folder

"""The service in its own process, under nameko: events in at one end, mail out at the other."""

import email
import re
from collections.abc import Iterator
from email.policy import default
from functools import partial
from pathlib import Path

import amqp
import pytest

from services.notifications.replies.links import Links
from tests.conftest import Isolated
from tests.unit.notifications.builders import created, member_updated, recognized
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, decode, encode
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.runtime.topology import QUARANTINE
from wafa.stack import Stack

CUSTOMERS = [f"c{number:02}" for number in range(30)]
LINKS = Links("https://bayt.example", ("s" * 32,))


@pytest.fixture(scope="module")
def service(isolated: Isolated) -> Iterator[Stack]:
    """Notifications alone, with a broker, a database and a mail sink of its own."""
    with isolated(
        "notifications",
        WAFA_MAIL_FROM="Bayt <care@bayt.example>",
        WAFA_PUBLIC_URL=LINKS.public_url,
        WAFA_LINK_SECRET=LINKS.secrets[0],
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def publisher(service: Stack) -> Iterator[Publisher]:
    publisher = Publisher(service.amqp_uri, name="test")
    yield publisher
    publisher.close()


def mails(folder: Path) -> dict[str, email.message.EmailMessage]:
    read = (email.message_from_bytes(file.read_bytes(), policy=default) for file in folder.glob("*.eml"))
    return {str(message["To"]): message for message in read}


@pytest.fixture(scope="module")
def sent(service: Stack, publisher: Publisher) -> dict[str, email.message.EmailMessage]:
    """What is in the mail sink after 30 customers have come back, the recognition told before the profile."""
    publisher.publish([recognized(one) for one in CUSTOMERS])
    publisher.publish([member_updated(one) for one in CUSTOMERS])
    publisher.publish([created(one, name="سارة", locale="ar-EG") for one in CUSTOMERS])
    eventually(lambda: len(mails(service.mail_folder)) == len(CUSTOMERS))
    return mails(service.mail_folder)


def test_everybody_who_came_back_is_thanked(sent):
    assert sorted(sent) == [f"{one}@example.com" for one in CUSTOMERS]
    assert "سارة" in sent["c00@example.com"].get_body(("plain",)).get_content()
    assert str(sent["c00@example.com"]["From"]) == "Bayt <care@bayt.example>"


def test_the_links_in_a_mail_lead_to_this_service(service, sent):
    [link] = re.findall("<(https://[^>]+)>", sent["c05@example.com"]["List-Unsubscribe"])
    with Client(service.amqp_uri) as services:
        ask = partial(services.call, "notifications")
        assert ask("unsubscribe", link.rpartition("/")[2]) == {"unsubscribed": "email"}
        assert ask("answer", link.rpartition("/")[2])["error"]["reason"] == "forged"


def test_anybody_may_ask_who_was_contacted_and_why(service, sent):
    with Client(service.amqp_uri) as services:
        ask = partial(services.call, "notifications")
        [row] = ask("outreach", customer_id="c07")["outreach"]
        known = ask("audience", customer_id="c07")
        assert ask("audience", customer_id="nobody") is None
        eventually(lambda: ask("counts")["states"].get("sent", 0) >= len(CUSTOMERS))
    assert (row["campaign"], row["decision"]["ways"][0]["has_address"]) == ("recognition", True)
    assert (known["profile"]["name"], known["member"]["points"]) == ("سارة", 120)


def test_a_forged_event_goes_to_quarantine_and_mail_goes_on(service, publisher, sent):
    publisher.publish([created("forged", emails=[1]), recognized("forged")])
    nobody = recognized("nobody")
    publisher.publish([nobody | {"data": nobody["data"] | {"customer_id": 5}}])
    publisher.publish([created("real"), member_updated("real"), recognized("real")])
    with connect(service.amqp_uri, name="test") as connection:
        channel = connection.channel()
        refused = [eventually(lambda: channel.basic_get(QUARANTINE, no_ack=True)) for _ in range(2)]
    told = [decode(one.body, one.properties["content_type"])[0]["data"] for one in refused]
    assert sorted((one["reason"], one["path"]) for one in told) == [
        ("invalid", "data.customer_id"),
        ("invalid", "data.emails.0"),
    ]
    eventually(lambda: "real@example.com" in mails(service.mail_folder))


def test_a_carbon_copy_is_no_way_past_the_permissions_of_those_who_publish(service, publisher, sent):
    """The broker asks for the routing key only, and also delivers to those that a header names."""
    forged = recognized("anybody")
    copied = {"content_type": STRUCTURED, "application_headers": {"CC": [forged["type"]]}}
    with connect(service.amqp_uri, name="test") as connection:
        channel = connection.channel()
        message = amqp.Message(encode(forged), **copied)
        channel.basic_publish_confirm(message, EXCHANGE, "purchase.completed.v1")
        refused = eventually(lambda: channel.basic_get(QUARANTINE, no_ack=True))
    [rejected] = decode(refused.body, refused.properties["content_type"])
    assert rejected["data"]["reason"] == "wrong_routing_key"

"""The service in its own process, under nameko: events in at one end, mail out at the other."""

import email
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.integration.notifications.parts import eventually
from tests.unit.notifications.builders import created, member_updated, recognized
from wafa.runtime.publisher import Publisher
from wafa.stack import Stack

CLIENT = """
import json, sys
from wafa.runtime.rpc import Client
with Client(sys.argv[1]) as services:
    answers = [services.call("notifications", method, **about) for method, about in json.loads(sys.argv[2])]
print(json.dumps(answers))
"""
CUSTOMERS = [f"c{number:02}" for number in range(30)]


@pytest.fixture(scope="module")
def service(
    infrastructure: Stack, vhosts: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Notifications alone, with a broker, a database and a mail sink of its own."""
    with Stack(
        tmp_path_factory.mktemp("notifications"),
        services=["notifications"],
        amqp_uri=next(vhosts),
        mongodb_uri=infrastructure.mongodb_uri,
        environment={
            "WAFA_DATABASE_PREFIX": f"t{uuid.uuid4().hex[:12]}_",
            "WAFA_MAIL_FROM": "Bayt <care@bayt.example>",
        },
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


def ask(service: Stack, *questions: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call methods of the service, in a process of its own: nameko's client brings eventlet along."""
    command = [sys.executable, "-c", CLIENT, service.amqp_uri, json.dumps(questions)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.fixture(scope="module")
def sent(service: Stack, publisher: Publisher) -> dict[str, email.message.EmailMessage]:
    """What is in the mail sink after 30 customers have come back, the recognition told before the profile."""
    publisher.publish([recognized(one) for one in CUSTOMERS])
    publisher.publish([member_updated(one) for one in CUSTOMERS])
    publisher.publish([created(one, name="سارة", locale="ar-EG") for one in CUSTOMERS])
    eventually(lambda: len(mails(service.mail_folder)) == len(CUSTOMERS), within=30)
    return mails(service.mail_folder)


def test_everybody_who_came_back_is_thanked(sent):
    assert sorted(sent) == [f"{one}@example.com" for one in CUSTOMERS]
    assert "سارة" in sent["c00@example.com"].get_body(("plain",)).get_content()
    assert str(sent["c00@example.com"]["From"]) == "Bayt <care@bayt.example>"


def test_anybody_may_ask_who_was_contacted_and_why(service, sent):
    counts, of_one, known, unknown = ask(
        service,
        ("counts", {}),
        ("outreach", {"customer_id": "c07"}),
        ("audience", {"customer_id": "c07"}),
        ("audience", {"customer_id": "nobody"}),
    )
    assert sum(counts["states"].values()) == len(CUSTOMERS)
    [row] = of_one["outreach"]
    assert (row["campaign"], row["decision"]["has_address"]) == ("recognition", True)
    assert (known["profile"]["name"], known["member"]["points"]) == ("سارة", 120)
    assert unknown is None

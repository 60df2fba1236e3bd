"""Channels in a process whose standard library eventlet has patched, as nameko's is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.notifications.gateways import SECRET, Gateway
from tests.integration.notifications.parts import PostOffice

ROOT = Path(__file__).parents[3]
MESSAGES = 20
PROGRAM = """
import eventlet
eventlet.monkey_patch()
import json, sys
from concurrent.futures import ThreadPoolExecutor
from services.notifications.channels.email import Email
from services.notifications.channels.mail import Sender
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.channels.webhook import FarEnd, Webhook
from tests.unit.notifications.builders import message

ticks = 0
def tick():
    global ticks
    while True:
        eventlet.sleep(0.001)
        ticks += 1

smtp, url, secret, messages = sys.argv[1:]
channels = [
    Email(Mailer(Server.parse(smtp)), Sender("Bayt", "care@bayt.example")),
    Webhook("sms", FarEnd.parse("sms", url, secret, private=True)),
]
eventlet.spawn(tick)
with ThreadPoolExecutor(4) as threads:
    numbered = [message(outreach_id=f"o-{n}") for n in range(int(messages))]
    sent = [threads.submit(one.send, text) for one in channels for text in numbered]
    outcomes = [type(one.result()).__name__ for one in sent]
print(json.dumps({"outcomes": outcomes, "ticks": ticks}))
"""


@pytest.fixture
def office() -> Iterator[PostOffice]:
    office = PostOffice()
    office.open()
    yield office
    office.close()


def test_mails_and_calls_go_out_and_hold_up_nobody(gateway: Gateway, office: PostOffice) -> None:
    smtp = f"smtp://127.0.0.1:{office.port}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, smtp, gateway.url(), SECRET, str(MESSAGES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["outcomes"] == ["Accepted"] * 2 * MESSAGES
    assert told["ticks"] > 0
    assert len(office.messages) == len(gateway.calls) == MESSAGES

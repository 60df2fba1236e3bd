"""The examples do what they promise to outsiders: nothing but an AMQP library, and the purchase counts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually
from wafa.runtime.client import Client
from wafa.stack import Stack

EXAMPLES = Path(__file__).parents[2] / "examples"
NOBODY_LISTENS = "amqp://guest:guest@127.0.0.1:1/%2F"

Command = list[str]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The Node.js example, its library installed in a copy."""
    for program in ("node", "npm"):
        assert shutil.which(program), f"{program} is not installed; `make test` as root on Debian installs it"
    copy = tmp_path_factory.mktemp("node")
    shutil.copytree(
        EXAMPLES / "node", copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules")
    )
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=copy, check=True, timeout=120)
    return ["node", str(copy / "publish-purchase.mjs")]


@pytest.fixture(params=["python", "node"])
def example(request: pytest.FixtureRequest) -> Command:
    if request.param == "node":
        command: Command = request.getfixturevalue("node")
        return command
    return [sys.executable, str(EXAMPLES / "python" / "publish_purchase.py")]


def run(command: Command, amqp_uri: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AMQP_URI": amqp_uri}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def purchases(services: Client, **who: str) -> int:
    customer = services.call("customers", "lookup", **who)
    member = customer and services.call("loyalty", "member", customer["customer_id"])
    return member["purchase_count"] if member else 0


def test_a_purchase_published_by_an_example_is_in_the_ledger(
    example: Command, system: Stack, services: Client
) -> None:
    who = {"email": "salma@example.com"} if "python" in example[-1] else {"phone": "+966501234567"}
    before = purchases(services, **who)

    done = run(example, system.amqp_uri)

    assert (done.returncode, done.stderr) == (0, "")
    assert "published and confirmed" in done.stdout
    eventually(lambda: purchases(services, **who) == before + 1)


def test_an_example_needs_nothing_of_ours(example: Command) -> None:
    assert "import wafa" not in (source := Path(example[-1]).read_text("utf-8"))
    assert "from wafa" not in source


def test_an_example_says_so_when_the_broker_is_away(example: Command) -> None:
    done = run(example, NOBODY_LISTENS)

    assert done.returncode == 1
    assert done.stderr.startswith("not published: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_example_says_so_when_there_is_no_wafa(example: Command, vhost_uri: str) -> None:
    """A broker without the exchange: confirmed by nobody, so not a success."""
    done = run(example, vhost_uri)

    assert done.returncode == 1
    assert done.stderr.startswith("not published: ")

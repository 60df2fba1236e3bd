"""A stack leaves nothing running, however it ends, and keeps its data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import psutil
import pytest

from wafa.stack import Stack, StackError, running

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from wafa.stack import Stack, signals_interrupt

def tell(*seen):
    print(*seen, flush=True)

with signals_interrupt(), Stack(Path(sys.argv[1]), services=[], progress=tell):
    tell("up")
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.delenv("MONGODB_URI", raising=False)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a stack."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def read_until(line: str, program: subprocess.Popen[str]) -> None:
    assert program.stdout
    for seen in program.stdout:
        if seen.strip() == line:
            return
    pytest.fail(f"ended before it said {line!r}")


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return all that a stack in `folder` started, grandchildren too: they know its path."""
    return [process for process in psutil.process_iter() if _mentions(process, str(folder))]


def _mentions(process: psutil.Process, text: str) -> bool:
    try:
        said = [*process.cmdline(), *process.environ().values()]
    except psutil.Error:
        return False
    return process.pid != os.getpid() and any(text in one for one in said)


def record(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "stack.json").read_text())
    return content


def test_a_stack_that_stops_leaves_its_data_and_no_process(tmp_path: Path) -> None:
    stack = Stack(tmp_path, services=[])
    with stack:
        ports = record(tmp_path)["ports"]
        publish_durably(stack.amqp_uri, "written before")
        with pytest.raises(StackError, match="runs in"):
            Stack(tmp_path, services=[]).start()

        stack.end("rabbitmq")
        with pytest.raises(StackError, match="rabbitmqctl"):
            stack.rabbitmqctl("list_queues")
        stack.revive("rabbitmq")
        assert fetch(stack.amqp_uri) == "written before"

    assert processes_of(tmp_path) == []
    assert running(tmp_path) is None
    assert record(tmp_path)["processes"] == []
    assert record(tmp_path)["ports"] == ports


def test_a_stack_whose_program_is_killed_leaves_no_process(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    read_until("up", program)
    orphans = [process for process in processes_of(tmp_path) if process.pid != program.pid]
    assert len(orphans) >= 4
    program.kill()
    _, alive = psutil.wait_procs(orphans, timeout=60)
    assert alive == []
    assert running(tmp_path) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stack_that_is_interrupted_while_it_starts_leaves_no_process(
    program: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    read_until("rabbitmq starting", program)
    program.send_signal(number)
    program.wait(120)
    assert processes_of(tmp_path) == []
    assert running(tmp_path) is None


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    stack = Stack(tmp_path, services=[], amqp_uri="amqp://guest:guest@127.0.0.1:1/")
    with pytest.raises(StackError, match=r"No rabbitmq answers at 127\.0\.0\.1:1"):
        stack.start()
    assert processes_of(tmp_path) == []


def publish_durably(uri: str, text: str) -> None:
    with connect(uri) as connection:
        channel = connection.channel()
        channel.queue_declare("kept", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.confirm_select()
        channel.basic_publish_confirm(amqp.Message(text, delivery_mode=2), routing_key="kept")


def fetch(uri: str) -> str:
    with connect(uri) as connection:
        return str(connection.channel().basic_get("kept", no_ack=True).body)


def connect(uri: str) -> amqp.Connection:
    place = urlsplit(uri)
    return amqp.Connection(f"{place.hostname}:{place.port}")

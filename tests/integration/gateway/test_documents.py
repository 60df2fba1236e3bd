"""Whoever opens the front door in a browser finds out how to use it, from nobody but the front door."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from services.gateway.domain.scopes import SCOPES
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.contracts.catalogue import ALL
from wafa.contracts.examples import example_text
from wafa.stack.ports import Ports

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "http"
PAGES = ("/", "/v1/docs", "/v1/docs/events")

PROGRAMS = {
    "curl": ("sh", "first_event.sh", "listen.sh"),
    "python": (sys.executable, "first_event.py", "listen.py"),
    "javascript": ("node", "first-event.mjs", "listen.mjs"),
}


@pytest.fixture
def stranger(front: Front) -> Front:
    return Front(front.stack)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_its_language_and_loads_nothing_from_elsewhere(stranger: Front, page: str) -> None:
    answer = stranger.get(page)

    text = answer.data.decode()
    assert answer.status == 200
    assert '<html lang="en"' in text
    assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
    loaded = re.findall(r'<(?:script|link|img)[^>]*? (?:src|href)="([^"]+)"', text)
    assert loaded
    for address in loaded:
        assert address.startswith("/")
        assert stranger.get(address).status == 200, address


@pytest.mark.parametrize("page", PAGES)
def test_a_link_on_a_page_leads_somewhere(stranger: Front, page: str) -> None:
    text = stranger.get(page).data.decode()
    for address in set(re.findall(r'<a href="([^"]+)"', text)):
        if address.startswith("/"):
            assert stranger.get(address).status == 200, address
        elif address.startswith("#"):
            assert f'id="{address[1:]}"' in text, address


def test_every_type_of_event_is_in_the_catalogue_with_its_example(stranger: Front) -> None:
    text = stranger.get("/v1/docs/events").data.decode().replace("&quot;", '"')
    for name in ALL:
        assert f'<h3 id="{name.replace(".", "")}">{name}</h3>' in text
        assert example_text(name) in text


def test_tools_get_what_stands_in_the_repository(stranger: Front) -> None:
    assert stranger.get("/v1/openapi.json").json() == json.loads(
        (ROOT / "docs/openapi.json").read_text("utf-8")
    )
    assert stranger.get("/v1/asyncapi.json").json() == yaml.safe_load(
        (ROOT / "docs/asyncapi.yaml").read_text("utf-8")
    )
    schemas = stranger.get("/v1/schemas").json()
    assert schemas.keys() == ALL.keys()
    for name, address in schemas.items():
        file = ROOT / "docs" / "schemas" / f"{name}.json"
        assert stranger.get(address).json() == json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("path", ["/v1/docs/assets/pages.py", "/v1/docs/assets/..%2Fweb.py", "/v1/schemas/x"])
def test_nothing_else_is_given_out(stranger: Front, path: str) -> None:
    assert stranger.get(path).status == 404


def test_the_document_says_what_each_endpoint_needs(stranger: Front) -> None:
    document = stranger.get("/v1/openapi.json").json()

    operations = [one for path in document["paths"].values() for one in path.values() if "responses" in one]
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "/"}]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for one in operations:
        assert one["summary"]
        [needed] = one["security"]
        assert {*needed["key"]} <= SCOPES.keys()
        assert "default" not in one["responses"], "it would allow any status"


@pytest.fixture(params=PROGRAMS)
def programs(request: pytest.FixtureRequest) -> tuple[list[str], list[str]]:
    """The examples in one language: the one that tells, and the one that listens."""
    program, tells, listens = PROGRAMS[request.param]
    assert shutil.which(program), f"{program} is not installed; `make test` as root on Debian installs it"
    return [program, str(EXAMPLES / tells)], [program, str(EXAMPLES / listens)]


Listen = Callable[[list[str], dict[str, str]], Path]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Start a program that listens; it is ended with the test."""
    started: list[subprocess.Popen[Any]] = []

    def start(command: list[str], environment: dict[str, str]) -> Path:
        heard = tmp_path / "heard"
        with heard.open("wb") as file:
            started.append(subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT))
        return heard

    yield start
    for one in started:
        one.terminate()
        one.wait(60)


def test_the_examples_do_what_they_say(
    front: Front, programs: tuple[list[str], list[str]], listen: Listen
) -> None:
    tells, listens = programs
    environment = {**os.environ, "WAFA_URL": front.url, "WAFA_KEY": front.token}
    heard = listen(listens, environment)

    def told() -> bool:
        """Tell again until it is heard: the first may come before anybody listens."""
        done = subprocess.run(
            tells, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["accepted"] == 1
        return "loyalty.member_updated.v1" in heard.read_text("utf-8")

    eventually(told)


def test_an_example_says_so_when_the_key_is_wrong(
    front: Front, programs: tuple[list[str], list[str]]
) -> None:
    environment = {**os.environ, "WAFA_URL": front.url, "WAFA_KEY": f"wafa_{unique_name()}"}
    for command in programs:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode != 0
        assert "401" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_example_of_a_receiver_takes_what_is_signed(front: Front, listen: Listen) -> None:
    port = Ports({}).take("receiver")
    address = f"http://127.0.0.1:{port}/"
    made = front.post("/v1/webhooks", {"url": address, "types": ["loyalty.*"]}).json()
    command = [sys.executable, str(EXAMPLES / "receive.py"), str(port)]
    heard = listen(command, {**os.environ, "WAFA_WEBHOOK_SECRET": made["secret"]})

    assert front.post(f"/v1/webhooks/{made['id']}/test").status == 202
    eventually(lambda: "wafa.ping.v1" in heard.read_text("utf-8"))

    stranger = urllib3.request(
        "POST",
        address,
        body=b"{}",
        headers={"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,no"},
    )
    assert stranger.status == 401
    front.ask("DELETE", f"/v1/webhooks/{made['id']}")

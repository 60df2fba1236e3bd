"""Containers and credentials: each can do its own work and nothing else."""

import json
from typing import Any

import pytest

from tests.compose.stack import IMAGE, REVISION, Containers, docker
from wafa.runtime.topology import QUARANTINE, QUEUES, suspects_queue
from wafa.services import GATEWAY, PROCESSES, SERVICES, WEB, WORKERS

OURS = {"customer.recognized.v1", "loyalty.member_updated.v1"}
THEIRS = {"purchase.completed.v1"}


@pytest.fixture(scope="module")
def tried(containers: Containers) -> list[dict[str, Any]]:
    """What was tried with the credentials of each, and whether it could be done."""
    return containers.drive("tried.py").end()


def done(tried: list[dict[str, Any]], server: str, user: str, what: str) -> set[str]:
    attempts = [one for one in tried if (one["server"], one["user"], one["what"]) == (server, user, what)]
    assert attempts, f"nothing was tried: {server}, {user}, {what}"
    return {one["on"] for one in attempts if one["done"]}


@pytest.mark.parametrize("user", PROCESSES)
def test_a_service_reads_and_writes_its_own_database_alone(tried: list[dict[str, Any]], user: str) -> None:
    own = {f"wafa_{GATEWAY if user == WEB else user}"}
    assert done(tried, "mongodb", user, "read") == own
    assert done(tried, "mongodb", user, "write") == own
    assert done(tried, "mongodb", user, "list databases") == set()


@pytest.mark.parametrize("user", WORKERS)
def test_a_service_reads_its_own_queues_alone(tried: list[dict[str, Any]], user: str) -> None:
    own = {f"wafa.{user}", suspects_queue(f"wafa.{user}")}
    expected = own | ({QUARANTINE} if user == "interactions" else set())
    assert done(tried, "rabbitmq", user, "read") == expected


@pytest.mark.parametrize("user", [*PROCESSES, "publisher", "backup"])
def test_nobody_puts_anything_straight_into_a_queue(tried: list[dict[str, Any]], user: str) -> None:
    assert done(tried, "rabbitmq", user, "write") == set()


def test_who_backs_up_reads_every_database_counts_messages_and_does_nothing_else(
    tried: list[dict[str, Any]],
) -> None:
    assert done(tried, "mongodb", "backup", "read") == {f"wafa_{name}" for name in WORKERS}
    assert done(tried, "mongodb", "backup", "write") == set()
    assert done(tried, "mongodb", "backup", "list databases") == set()
    assert done(tried, "rabbitmq", "backup", "count") == {*QUEUES}
    assert done(tried, "rabbitmq", "backup", "read") == set()
    assert done(tried, "rabbitmq", "backup", "publish") == set()


@pytest.mark.parametrize("user", SERVICES)
def test_services_publish_in_wafas_name(tried: list[dict[str, Any]], user: str) -> None:
    assert done(tried, "rabbitmq", user, "publish") == OURS | THEIRS


@pytest.mark.parametrize("user", [WEB, GATEWAY, "publisher"])
def test_who_speaks_for_others_cannot_speak_in_wafas_name(tried: list[dict[str, Any]], user: str) -> None:
    assert done(tried, "rabbitmq", user, "publish") == THEIRS


@pytest.mark.parametrize("user", [WEB, "publisher"])
def test_who_has_no_queue_reads_none(tried: list[dict[str, Any]], user: str) -> None:
    assert done(tried, "rabbitmq", user, "read") == set()


def test_nobody_gets_in_without_a_password_or_with_a_wrong_one(tried: list[dict[str, Any]]) -> None:
    assert done(tried, "mongodb", "nobody", "read") == set()
    assert done(tried, "mongodb", "nobody", "write") == set()
    assert done(tried, "mongodb", "a wrong password", "read") == set()
    assert done(tried, "rabbitmq", "a wrong password", "connect") == set()
    assert done(tried, "rabbitmq", "guest", "connect") == set()


def test_docker_shows_nobody_a_password(containers: Containers) -> None:
    lines = containers.environment_file.read_text("utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if not line.startswith("#") and "=" in line)
    secrets = {name: value for name, value in values.items() if name.endswith(("_PASSWORD", "_SECRET"))}
    assert len(secrets) > 10
    assert all(secrets.values())
    shown = json.dumps(containers.inspected())
    assert [name for name, value in secrets.items() if value in shown] == []


def test_only_the_front_door_and_the_mail_catcher_can_be_reached_from_outside_and_from_here_alone(
    containers: Containers,
) -> None:
    published = {
        one["Config"]["Labels"]["com.docker.compose.service"]: {
            (inside, binding["HostIp"])
            for inside, bindings in one["NetworkSettings"]["Ports"].items()
            for binding in bindings or ()
        }
        for one in containers.inspected()
    }
    assert {name: ports for name, ports in published.items() if ports} == {
        WEB: {("8000/tcp", "127.0.0.1")},
        "mail": {("8025/tcp", "127.0.0.1")},
    }


@pytest.mark.parametrize("service", PROCESSES)
def test_a_service_is_nobody_special_and_cannot_change_its_own_files(
    containers: Containers, service: str
) -> None:
    [one] = containers.inspected(service)[:1]
    looked = containers.execute(
        one["Id"],
        "python",
        "-c",
        "import json, os; print(json.dumps([os.getuid(), open('/proc/self/status').read(), "
        "[p for p in ('/', '/srv/wafa', '/opt/venv') if os.access(p, os.W_OK)]]))",
    )
    uid, status, writable = json.loads(looked)
    assert uid == 10001
    assert writable == []
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert one["HostConfig"]["ReadonlyRootfs"]


@pytest.mark.usefixtures("containers")
def test_the_image_has_no_compiler_and_no_installer() -> None:
    tools = "for tool in cc gcc g++ make pip pip3; do command -v $tool; done; true"
    found = docker("run", "--rm", "--network=none", "--entrypoint=sh", IMAGE, "-c", tools)
    assert found == ""


@pytest.mark.usefixtures("containers")
def test_the_image_says_which_revision_it_is_of() -> None:
    shown = docker(
        "inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.revision"}}', IMAGE
    )
    assert shown.strip() == REVISION

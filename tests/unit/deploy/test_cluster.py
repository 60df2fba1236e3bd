"""Three nodes of each server in Compose: who they are, and by what they know each other."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploy.test_containers import CHECK, DEPLOY, FILE, SECRETS, fresh
from wafa.services import GATEWAY, PROCESSES, WEB

CLUSTER = DEPLOY / "cluster"
OVERLAY = "deploy/cluster/docker-compose.yml"
MEMBERS = "mongodb-1:27017,mongodb-2:27017,mongodb-3:27017"
OPTIONS = "replicaSet=wafa&readConcernLevel=majority"


@pytest.fixture(scope="module")
def together() -> dict[str, Any]:
    """The Compose file with the cluster's laid over it."""
    found: dict[str, Any] = CHECK["laid_over"](DEPLOY.parent, OVERLAY)
    return found


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    """What deploy/secrets.sh writes from a fresh .env of a cluster, by the name of the file."""
    (tmp_path / "env").write_text(fresh() + fresh(CLUSTER / ".env.example"), "utf-8")
    subprocess.run(["sh", SECRETS, tmp_path / "env", tmp_path / "secrets"], check=True)
    return {path.name: path.read_text("utf-8").rstrip("\n") for path in (tmp_path / "secrets").iterdir()}


def test_the_nodes_know_each_other_by_secrets_of_their_own() -> None:
    added = fresh(CLUSTER / ".env.example")
    passwords = dict(re.findall(r"^(\w+_PASSWORD)=(\w{32,})$", added, re.MULTILINE))
    assert set(passwords) == {"RABBITMQ_CLUSTER_PASSWORD", "MONGODB_CLUSTER_PASSWORD"}
    assert len(set(passwords.values())) == len(passwords)
    assert f"COMPOSE_FILE=docker-compose.yml:{OVERLAY}\n" in added


def test_three_containers_of_a_server_are_one(together: dict[str, Any]) -> None:
    """The same names, wherever they stand."""
    containers = together["services"]
    nodes = re.findall(r"= rabbit@(\S+)$", (CLUSTER / "rabbitmq.conf").read_text("utf-8"), re.MULTILINE)
    assert [one["hostname"] for one in containers.values() if "hostname" in one] == nodes
    for name in ("rabbitmq", "rabbitmq-2", "rabbitmq-3"):
        aliases = containers[name]["networks"]["default"]["aliases"]
        assert {name, *aliases} == {"rabbitmq", containers[name]["hostname"]}
    initiated = (CLUSTER / "initiate.js").read_text("utf-8")
    assert ",".join(re.findall(r'"(mongodb-\d:27017)"', initiated)) == MEMBERS


def test_everybody_is_led_to_all_members_and_decides_by_what_most_of_them_have(
    secrets: dict[str, str],
) -> None:
    of_services = {
        name: f"authSource=wafa_{GATEWAY if name == WEB else name}&{OPTIONS}" for name in PROCESSES
    }
    for name, query in {**of_services, "backup": OPTIONS, "restore": OPTIONS}.items():
        user = "admin" if name == "restore" else name
        assert re.fullmatch(
            rf"mongodb://{user}:\w{{32,}}@{MEMBERS}/\?{re.escape(query)}", secrets[f"mongodb_{name}"]
        )


def test_no_password_stands_in_the_environment_of_a_node() -> None:
    text = (CLUSTER / "docker-compose.yml").read_text("utf-8")
    assert re.findall(r"\$\{\w*(?:PASSWORD|SECRET|_KEY)\b", text) == []


def test_every_secret_that_a_node_reads_is_written(together: dict[str, Any], secrets: dict[str, str]) -> None:
    assert secrets.keys() == together["secrets"].keys()
    for name, one in together["services"].items():
        read = {Path(value).name for key, value in one.get("environment", {}).items() if key.endswith(FILE)}
        assert read == set(one.get("secrets", ())), name

"""The services as part of a stack."""

import json
import urllib.request
from pathlib import Path

import pytest

from wafa.stack import SERVICES, Stack, StackError


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_gets_ready_and_says_so(system: Stack, service: str) -> None:
    [url] = system.http_urls(service)
    with urllib.request.urlopen(f"{url}/readyz") as answer:
        assert json.load(answer)["status"] == "ready"


def test_a_service_that_dies_is_noticed_and_comes_back_where_it_was(system: Stack) -> None:
    before = system.http_urls("loyalty")
    system.check()
    system.kill("loyalty")
    system.revive("loyalty")
    system.check()
    assert system.http_urls("loyalty") == before


def test_a_service_that_cannot_start_says_why(infrastructure: Stack, vhost_uri: str, tmp_path: Path) -> None:
    broken = tmp_path / "loyalty.yml"
    broken.write_text("tiers: [")
    stack = Stack(
        tmp_path / "state",
        services=["loyalty"],
        amqp_uri=vhost_uri,
        mongodb_uri=infrastructure.mongodb_uri,
        environment={"WAFA_LOYALTY_PROGRAM": str(broken)},
    )
    with pytest.raises(StackError, match=r"(?s)loyalty \(exit code \d+\), last lines.*loyalty\.yml"):
        stack.start()


def test_a_service_can_run_in_several_processes(
    infrastructure: Stack, vhost_uri: str, tmp_path: Path
) -> None:
    with Stack(
        tmp_path,
        services=["interactions"],
        replicas={"interactions": 2},
        amqp_uri=vhost_uri,
        mongodb_uri=infrastructure.mongodb_uri,
    ) as stack:
        assert len(set(stack.http_urls("interactions"))) == 2
        names = {identity.name for identity in stack.identities()}
        assert names == {"mail", "interactions", "interactions-2"}

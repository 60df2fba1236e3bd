"""A broker with the users that it gets in containers."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import unique_name
from wafa.services import PROCESSES
from wafa.stack import Stack

SCRIPT = Path(__file__).parents[3] / "deploy" / "rabbitmq" / "definitions.sh"
USERS = ("admin", "publisher", "backup", *PROCESSES)

Address = Callable[[str], str]


def definitions(passwords: dict[str, str]) -> str:
    variables = {f"{user.upper()}_PASSWORD": password for user, password in passwords.items()}
    done = subprocess.run(
        ["sh", SCRIPT],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def vhost(infrastructure: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A virtual host for these users, in the place of the container's only one."""
    name = unique_name()
    path = tmp_path_factory.mktemp("containers") / "definitions.json"
    path.write_text(definitions({user: f"{user}-secret" for user in USERS}).replace('"/"', f'"{name}"'))
    infrastructure.rabbitmqctl("import_definitions", str(path))
    return name


@pytest.fixture(scope="module")
def address(infrastructure: Stack, vhost: str) -> Address:
    """How a user connects."""
    place = infrastructure.amqp_uri.partition("@")[2].partition("/")[0]
    return lambda user: f"amqp://{user}:{user}-secret@{place}/{vhost}"

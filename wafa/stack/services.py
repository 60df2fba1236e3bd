"""The services as processes of the local stack."""

import http.client
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from wafa.services import PROCESSES as PROCESSES
from wafa.services import SERVICES as SERVICES
from wafa.services import WEB
from wafa.services import WORKERS as WORKERS
from wafa.stack.ports import LOOPBACK
from wafa.stack.supervisor import Server

ROOT = Path(__file__).resolve().parents[2]


def service_server(
    name: str, service: str, environment: Mapping[str, str], logs: Path, port: int, source: Path = ROOT
) -> Server:
    """Return one process of `service`, answering HTTP on `port`.

    Args:
        name: tells the replicas of a service apart.
        service: which one it is.
        environment: variables on top of those of this process.
        logs: the folder for its log file.
        port: where it is to answer.
        source: the source tree that it runs.
    """
    own = {"WAFA_HTTP_HOST": LOOPBACK, "WAFA_HTTP_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    for file in ("WAFA_LOYALTY_PROGRAM", "WAFA_OUTREACH", "WAFA_HTTP_CERT", "WAFA_HTTP_KEY"):
        if path := os.environ.get(file):  # it runs in another folder than this process
            own[file] = str(Path(path).resolve())
    variables = {"WAFA_LOG_FORMAT": "json", **os.environ, **own, **environment}
    return Server(
        name=name,
        command=[sys.executable, "-m", "wafa.cli", *(["serve"] if service == WEB else ["run", service])],
        environment=variables,
        folder=source,
        log=logs / f"{name}.log",
        ready=lambda: is_ready(port, secure=speaks_tls(service, variables)),
        grace=20,
    )


def speaks_tls(service: str, variables: Mapping[str, str]) -> bool:
    """Tell whether a service answers https: the front door does, where it is given a certificate."""
    return service == WEB and bool(variables.get("WAFA_HTTP_CERT"))


def is_ready(port: int, *, secure: bool = False) -> bool:
    """Tell whether the service on `port` says that it is ready to work; `secure` if it speaks TLS."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    if secure:
        # It is our own process, whatever name its certificate has.
        unverified = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(LOOPBACK, port, timeout=2, context=unverified)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

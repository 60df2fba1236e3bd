"""Broker, database and front door that speak TLS and nothing else: everything goes on as ever."""

import http.client
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
import trustme
import yaml

from tests.conftest import unique_name
from tests.waiting import eventually
from wafa.contracts.envelope import make_event
from wafa.runtime.address import Distrusted
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.mongo import open_database, why_away
from wafa.runtime.publisher import Publisher
from wafa.services import WEB
from wafa.stack import Stack
from wafa.stack.mongodb import find_program, mongodb_server
from wafa.stack.ports import LOOPBACK, Ports, answers
from wafa.stack.rabbitmq import DEPLOY, Rabbitmq
from wafa.stack.supervisor import Supervisor

pytestmark = pytest.mark.long

LISTENER = """
listeners.tcp = none
listeners.ssl.default = 127.0.0.1:{port}
ssl_options.cacertfile = {folder}/ca.pem
ssl_options.certfile = {folder}/server.pem
ssl_options.keyfile = {folder}/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
"""


@dataclass(frozen=True)
class Secured:
    """Servers that speak TLS only, and the folder of the certificates. The broker wants ours, too."""

    folder: Path
    amqp_port: int
    mongodb_port: int

    def amqp_uri(self, *, ca: str = "ca.pem", ours: bool = True) -> str:
        own = f"&certfile={self.folder}/client.pem&keyfile={self.folder}/client.key" if ours else ""
        return f"amqps://guest:guest@{LOOPBACK}:{self.amqp_port}/%2F?cacertfile={self.folder}/{ca}{own}"

    def mongodb_uri(self, *, ca: str = "ca.pem") -> str:
        return f"mongodb://{LOOPBACK}:{self.mongodb_port}/?tls=true&tlsCAFile={self.folder}/{ca}"


def certificates(folder: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in ("server", "client"):
        made = authority.issue_cert(LOOPBACK, "localhost")
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        (folder / f"{name}.pem").write_bytes(b"".join(one.bytes() for one in made.cert_chain_pems))
        made.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}-both.pem"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    certificates(folder)
    ports = Ports({})
    servers = Secured(folder, ports.take("amqps"), ports.take("mongodb"))
    configuration = folder / "rabbitmq.d"
    configuration.mkdir()
    for file in (DEPLOY / "local" / "rabbitmq.d").glob("*.conf"):
        (configuration / file.name).write_text(file.read_text())
    (configuration / "20-tls.conf").write_text(LISTENER.format(port=servers.amqp_port, folder=folder))
    mapper, node = Rabbitmq(folder / "rabbitmq", folder, ports).servers()
    environment = {**node.environment, "RABBITMQ_CONFIG_FILES": str(configuration)}
    del environment["RABBITMQ_NODE_PORT"], environment["RABBITMQ_NODE_IP_ADDRESS"]
    node = replace(node, environment=environment, ready=lambda: answers(LOOPBACK, servers.amqp_port))
    database = mongodb_server(folder / "mongodb", folder, servers.mongodb_port)
    supervisor = Supervisor(lambda name, state: None)
    try:
        supervisor.start([mapper, node, replace(database, command=[*database.command, *tls_options(folder)])])
        eventually(lambda: reached(servers))
        yield servers
    finally:
        supervisor.stop(["mongodb", "rabbitmq", "epmd"])
        supervisor.kill_all()


def tls_options(folder: Path) -> list[str]:
    program = find_program()
    assert program
    if program.kind == "mongod":
        return ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", f"{folder}/server-both.pem"]
    return ["--tls-cert-file", f"{folder}/server.pem", "--tls-key-file", f"{folder}/server.key"]


def reached(servers: Secured) -> bool:
    try:
        connect(servers.amqp_uri(), name="test").close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def system(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environment = {
        "WAFA_DATABASE_PREFIX": f"{unique_name()}_",
        "WAFA_HTTP_CERT": f"{secured.folder}/server.pem",
        "WAFA_HTTP_KEY": f"{secured.folder}/server.key",
    }
    with Stack(
        tmp_path_factory.mktemp("system"),
        services=["customers", "interactions", "loyalty", WEB],
        amqp_uri=secured.amqp_uri(),
        mongodb_uri=secured.mongodb_uri(),
        environment=environment,
    ) as stack:
        yield stack


def test_a_purchase_goes_from_the_till_to_the_ledger(system: Stack, secured: Secured) -> None:
    publisher = Publisher(secured.amqp_uri(), name="test till")
    data = {
        "customer": {"email": "layla@example.com"},
        "purchase_id": "1",
        "total": {"amount": "10.00", "currency": "USD"},
    }
    publisher.publish([make_event("purchase.completed.v1", source="/tls", id="1", time=now(), data=data)])
    publisher.close()

    with Client(secured.amqp_uri()) as services:
        customer = eventually(lambda: services.call("customers", "lookup", email="layla@example.com"))
        member = eventually(lambda: services.call("loyalty", "member", customer["customer_id"]))
    assert member["purchase_count"] == 1


def test_the_front_door_speaks_https_and_nothing_else(system: Stack, secured: Secured) -> None:
    [url] = system.http_urls(WEB)
    assert url.startswith("https://")
    port = int(url.rpartition(":")[2])
    trusting = ssl.create_default_context(cafile=f"{secured.folder}/ca.pem")
    door = http.client.HTTPSConnection(LOOPBACK, port, timeout=10, context=trusting)
    door.request("GET", "/readyz")
    assert door.getresponse().status == 200
    door.close()

    plain = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    plain.request("GET", "/readyz")
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.getresponse()
    plain.close()


def test_who_connects_and_says_nothing_or_leaves_keeps_nobody_waiting(
    system: Stack, secured: Secured
) -> None:
    [url] = system.http_urls(WEB)
    door = (LOOPBACK, int(url.rpartition(":")[2]))
    trusting = ssl.create_default_context(cafile=f"{secured.folder}/ca.pem")
    before = [one.pid for one in workers(system)]
    with ExitStack() as silent:
        for _ in range(50):
            silent.enter_context(socket.create_connection(door))
        for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
            with socket.create_connection(door) as leaving:
                leaving.sendall(said)
                # Leaves without a word of parting.
                leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for _ in range(5):
            asking = http.client.HTTPSConnection(*door, timeout=5, context=trusting)
            asking.request("GET", "/healthz")
            assert asking.getresponse().status == 200
            asking.close()
    assert [one.pid for one in workers(system)] == before, "a process ended by it"


def workers(system: Stack) -> list[psutil.Process]:
    [web] = [one for one in system.identities() if one.name == WEB]
    process = web.find()
    assert process
    return process.children()


def test_the_health_check_of_its_container_finds_it_well(system: Stack, secured: Secured) -> None:
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text("utf-8"))
    [_, python, *arguments, script] = compose["services"][WEB]["healthcheck"]["test"]
    assert python == "python"
    port = system.http_urls(WEB)[0].rpartition(":")[2]
    check = [sys.executable, *arguments, script.replace("8000", port)]
    for certificate, code in ((f"{secured.folder}/server.pem", 0), ("", 1)):
        done = subprocess.run(check, env={"WAFA_HTTP_CERT": certificate}, capture_output=True, text=True)
        assert done.returncode == code, done.stderr


def test_a_broker_signed_by_another_authority_is_not_spoken_to(secured: Secured) -> None:
    with pytest.raises(Distrusted, match=r"AMQP_URI: the certificate of .* cacertfile .*other\.pem"):
        connect(secured.amqp_uri(ca="other.pem"), name="test")

    with pytest.raises(RemoteUnavailable, match="AMQP_URI"), Client(secured.amqp_uri(ca="other.pem")):
        pass


def test_a_broker_that_wants_a_certificate_of_ours_is_told_as_that(secured: Secured) -> None:
    with pytest.raises(OSError, match="AMQP_URI") as told:
        connect(secured.amqp_uri(ours=False), name="test")
    assert "certfile" in str(told.value)


def test_a_database_signed_by_another_authority_is_not_spoken_to(secured: Secured) -> None:
    database = open_database(f"{secured.mongodb_uri(ca='other.pem')}&serverSelectionTimeoutMS=500", "t")
    with pytest.raises(Exception, match="certificate") as told:
        database.command("ping")
    database.client.close()
    assert why_away(told.value).startswith("MONGODB_URI: no TLS that is to be trusted")

"""A server that comes back at another address is found there."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

#: Asks for the addresses of a name, line by line, as a service would that runs under eventlet.
ASKING = """
import sys
import wafa.runtime.runner
import socket
from eventlet.support import greendns
resolver = greendns.resolver._resolver
resolver.nameservers, resolver.port = ["127.0.0.1"], int(sys.argv[1])
for line in sys.stdin:
    try:
        found = socket.getaddrinfo(line.strip(), 5672, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        found = []
    print(*sorted({one[4][0] for one in found}), flush=True)
"""


class NameServer:
    """Knows one name, with these addresses, and says that they hold for ten minutes."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while (received := self._socket.recvfrom(4096))[0]:
            question = dns.message.from_wire(received[0])
            answer = dns.message.make_response(question)
            asked = question.question[0]
            if not self.addresses:
                answer.set_rcode(dns.rcode.NXDOMAIN)
                words = "a.root-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 86400"
                answer.authority.append(dns.rrset.from_text(".", 86400, "IN", "SOA", words))
            elif asked.rdtype == dns.rdatatype.A:
                answer.answer.append(dns.rrset.from_text(asked.name, 600, "IN", "A", *self.addresses))
            self._socket.sendto(answer.to_wire(), received[1])


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def service(names: NameServer) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-W", "ignore", "-c", ASKING, str(names.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def ask(service: "subprocess.Popen[str]") -> list[str]:
    assert service.stdin
    assert service.stdout
    service.stdin.write("rabbitmq.wafa.example\n")
    service.stdin.flush()
    return service.stdout.readline().split()


def test_a_name_is_looked_up_anew_each_time(names: NameServer, service: "subprocess.Popen[str]") -> None:
    names.addresses = ["10.1.0.1"]
    assert ask(service) == ["10.1.0.1"]
    names.addresses = ["10.1.0.2", "10.1.0.3"]
    assert ask(service) == ["10.1.0.2", "10.1.0.3"]


def test_a_name_that_was_not_there_is_found_when_it_is(
    names: NameServer, service: "subprocess.Popen[str]"
) -> None:
    """A container that is stopped has no name."""
    assert ask(service) == []
    names.addresses = ["10.1.0.1"]
    assert ask(service) == ["10.1.0.1"]

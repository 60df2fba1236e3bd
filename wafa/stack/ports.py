"""Free TCP ports on the loopback address, the same as last time where they are still free."""

import random
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: none of those gets in between.
CANDIDATES = range(20_000, 32_000)
# Not the common one: two programs that seeded it alike would reach for the same ports at the same time.
_random = random.SystemRandom()


class Ports:
    """Hands out a port for each name, never one twice."""

    def __init__(self, previous: Mapping[str, int]) -> None:
        self._previous = previous
        self.taken: dict[str, int] = {}

    def take(self, name: str, wish: int = 0) -> int:
        """Return a free port for `name`: that of the last run, or `wish`, or any."""
        port = self._previous.get(name, wish)
        while (
            port not in (*CANDIDATES, wish) or port == 0 or port in self.taken.values() or not is_free(port)
        ):
            port = _random.choice(CANDIDATES)
        self.taken[name] = port
        return port


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def hosts_of(uri: str, default_port: int) -> list[tuple[str, int]]:
    """Return the hosts and ports that an AMQP or MongoDB address names; the latter may name several."""
    hosts = uri.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
    parts = [urlsplit(f"//{host}") for host in hosts]
    return [(part.hostname or "localhost", part.port or default_port) for part in parts]


def answers(host: str, port: int, greeting: bytes = b"") -> bool:
    """Tell whether something accepts a connection, and answers `greeting` if one is given."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            if not greeting:
                return True
            connection.sendall(greeting)
            return bool(connection.recv(1))
    except OSError:
        return False

"""A broker of several nodes is one name with several addresses."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from wafa.runtime.broker import connect

#: Nobody listens there.
DOWN = ("127.0.0.2", "127.0.0.3")
NAME = "rabbitmq.wafa.example"


@pytest.mark.parametrize("place", range(len(DOWN) + 1))
def test_a_node_that_is_down_is_passed_over(
    amqp_uri: str, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    host, port = urlsplit(amqp_uri).hostname, urlsplit(amqp_uri).port
    assert host
    addresses = [*DOWN[:place], host, *DOWN[place:]]
    looked_up: list[str] = []

    def resolve(name: str, port: int, *args: Any) -> list[Any]:
        looked_up.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    connection = connect(amqp_uri.replace(f"{host}:{port}", f"{NAME}:{port}"), name="test", timeout=2)
    try:
        assert connection.connected
        assert connection.sock.getpeername() == (host, port)
        assert looked_up == [NAME]
    finally:
        connection.close()


def test_when_none_answers_that_is_an_error(amqp_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 1)) for one in DOWN]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: nowhere)
    with pytest.raises(ConnectionRefusedError):
        connect(f"amqp://{NAME}:1/%2F", name="test", timeout=2)

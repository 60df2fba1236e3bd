import socket

import pytest

from wafa.stack.ports import CANDIDATES, LOOPBACK, Ports, hosts_of, is_free


@pytest.fixture
def free_port() -> int:
    return Ports({}).take("any")


def test_a_server_gets_the_port_of_the_last_run_again(free_port: int) -> None:
    assert Ports({"amqp": free_port}).take("amqp") == free_port


def test_a_port_that_somebody_took_meanwhile_is_not_handed_out(free_port: int) -> None:
    with socket.create_server((LOOPBACK, free_port)):
        assert not is_free(free_port)
        assert Ports({"amqp": free_port}).take("amqp") != free_port


def test_no_port_is_handed_out_twice() -> None:
    ports = Ports({"first": CANDIDATES[0], "second": CANDIDATES[0]})
    taken = [ports.take(name) for name in ("first", "second", "third")]
    assert len(set(taken)) == 3


@pytest.mark.parametrize(
    ("uri", "hosts"),
    [
        ("amqp://guest:gu@st@rabbit/%2F", [("rabbit", 5672)]),
        ("mongodb://one:27018,two/?replicaSet=rs", [("one", 27018), ("two", 5672)]),
        ("amqp://[::1]:5673//", [("::1", 5673)]),
        ("mongodb://", [("localhost", 5672)]),
    ],
)
def test_hosts_are_read_out_of_an_address(uri: str, hosts: list[tuple[str, int]]) -> None:
    assert hosts_of(uri, 5672) == hosts

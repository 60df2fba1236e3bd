"""Connections to RabbitMQ."""

import socket

import amqp
import amqp.serialization
from kombu.utils.url import parse_url

# Found within seconds when the other side vanishes without a word (a cut network, a black hole).
_SOCKET_OPTIONS = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}


def _text(raw: bytes | str) -> str:
    """Decode a string of the protocol, whatever its bytes."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")


# py-amqp decodes properties and routing keys strictly, while it reads: one message with a content type in
# Latin-1 would end the consumer, and come again.
amqp.serialization.pstr_t = _text


def connect(uri: str, *, name: str, heartbeat: int = 60, timeout: float = 10) -> amqp.Connection:
    """Open a connection that shows itself to operators as `name`. `heartbeat` and `timeout` are in seconds.

    Raises:
        OSError: the broker cannot be reached.
        amqp.exceptions.AccessRefused: wrong user or password; `NotAllowed` for a wrong virtual host.
    """
    parts = parse_url(uri)
    secure = parts["transport"] == "amqps"
    connection = amqp.Connection(
        host=f"{parts['hostname']}:{parts['port'] or (5671 if secure else 5672)}",
        userid=parts["userid"] or "guest",
        password=parts["password"] or "guest",
        virtual_host=parts["virtual_host"] or "/",
        ssl={"server_hostname": parts["hostname"]} if secure else False,
        heartbeat=heartbeat,
        connect_timeout=timeout,
        read_timeout=None,
        write_timeout=timeout,
        client_properties={"connection_name": name},
        socket_settings=_SOCKET_OPTIONS,
    )
    connection.connect()
    return connection

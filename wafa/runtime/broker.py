"""Connections to RabbitMQ."""

import socket
from typing import Any

import amqp
import amqp.serialization
import structlog

from wafa.runtime.address import address_of, told_of_tls
from wafa.runtime.logs import withheld

log = structlog.get_logger(__name__)

# Found within seconds when the other side vanishes without a word (a cut network, a black hole).
_SOCKET_OPTIONS = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}


def _text(raw: bytes | str) -> str:
    """Decode a string of the protocol, whatever its bytes."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")


def _load_properties(message: Any, class_id: int, buffer: bytes, offset: int) -> int:
    """Read the properties of a message; of unreadable ones keep the content type, which stands first."""
    try:
        message.properties, offset = amqp.serialization.PROPERTY_CLASSES[class_id](buffer, offset)
    except Exception:
        # Whatever it is: a moment far beyond all calendars is an OSError, which elsewhere means that the
        # connection is lost; and the message would come again with the next one.
        has_content_type = buffer[offset] & 0x80
        start = offset + 3
        message.properties = {}
        if has_content_type:
            message.properties["content_type"] = _text(bytes(buffer[start : start + buffer[offset + 2]]))
    return offset


# py-amqp is strict with properties and routing keys while it reads from the socket. One message with a
# content type in Latin-1, or a timestamp in milliseconds, would end the consumer after each restart anew.
amqp.serialization.pstr_t = _text
amqp.serialization.GenericContent._load_properties = _load_properties


def connect(uri: str, *, name: str, heartbeat: int = 60, timeout: float = 5) -> amqp.Connection:
    """Open a connection that shows itself to operators as `name`. `heartbeat` and `timeout` are in seconds.

    Raises:
        OSError: the broker cannot be reached, or is not the one that we trust: then `Distrusted`.
        amqp.exceptions.AccessRefused: wrong user or password; `NotAllowed` for a wrong virtual host.
    """
    address = address_of(uri)
    connection = amqp.Connection(
        host=f"{address.host}:{address.port}",
        userid=address.user,
        password=address.password,
        virtual_host=address.virtual_host,
        ssl=address.tls or False,
        heartbeat=heartbeat,
        connect_timeout=timeout,
        read_timeout=None,
        write_timeout=timeout,
        client_properties={"connection_name": name},
        socket_settings=_SOCKET_OPTIONS,
    )
    with told_of_tls(address):
        connection.connect()
    return connection


def tell_loss(error: Exception, delay: float) -> None:
    """Log why a connection is given up, an outage or a bug; a new one is opened in `delay` seconds."""
    if isinstance(error, OSError | amqp.exceptions.AMQPError):
        log.warning("broker away, trying again", error=str(error), delay=delay)
    else:
        log.error("broke down, beginning anew", exc_info=withheld(error), delay=delay)

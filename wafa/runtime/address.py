"""`AMQP_URI`: where the broker is, and by what it is known to be the right one.

For TLS the address begins with `amqps://`. Behind it, as RabbitMQ's own clients have it, may stand
`?cacertfile=...` (whose signature is believed; otherwise that of the authorities which the system knows), and
`certfile=...&keyfile=...` (the certificate by which the broker knows us).
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kombu.utils.url import parse_url

#: What may stand behind the question mark, and what py-amqp calls it.
FILES = {"cacertfile": "ca_certs", "certfile": "certfile", "keyfile": "keyfile"}


class Distrusted(OSError):
    """The broker is not the one that we trust, or does not trust us; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, taken apart. `tls` is what py-amqp is told; empty without TLS."""

    host: str
    port: int
    user: str
    password: str
    virtual_host: str
    tls: dict[str, Any]


def address_of(uri: str) -> Address:
    """Take an address apart.

    Raises:
        ValueError: something stands behind the question mark that means nothing.
    """
    parts = parse_url(uri)
    secure = parts["transport"] == "amqps"
    known = {"transport", "hostname", "port", "userid", "password", "virtual_host"}
    if unknown := sorted(parts.keys() - known - (FILES.keys() if secure else set())):
        expected = f"{', '.join(FILES)} may stand there, for amqps://"
        raise ValueError(f"{', '.join(unknown)} behind the question mark mean nothing: {expected}")
    host = parts["hostname"] or "localhost"
    files = {FILES[name]: parts[name] for name in FILES if name in parts}
    return Address(
        host=host,
        port=parts["port"] or (5671 if secure else 5672),
        user=parts["userid"] or "guest",
        password=parts["password"] or "guest",
        virtual_host=parts["virtual_host"] or "/",
        tls={"server_hostname": host, "cert_reqs": ssl.CERT_REQUIRED, **files} if secure else {},
    )


def check_files(uri: str) -> str | None:
    """Return what is wrong with the files that an address names, if anything is."""
    try:
        address = address_of(uri)
    except ValueError as error:
        return str(error)
    for name, option in FILES.items():
        file = address.tls.get(option)
        if file and not Path(file).is_file():
            return f"{name}: there is no file {file}"
    if ("keyfile" in address.tls) != ("certfile" in address.tls):
        return "certfile and keyfile belong together"
    return None


def for_nameko(uri: str) -> dict[str, Any]:
    """Return an address as nameko is configured with it."""
    return {"AMQP_URI": uri.partition("?")[0], "AMQP_SSL": address_of(uri).tls or None}


@contextmanager
def told_of_tls(address: Address) -> Iterator[None]:
    """Say of an error over certificates what it is about: the library's own words name neither."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        believed = address.tls.get("ca_certs", "the system's authorities")
        raise Distrusted(
            f"AMQP_URI: the certificate of {address.host}:{address.port} is not to be trusted by"
            f" cacertfile ({believed}): {error.verify_message}"
        ) from error
    except ssl.SSLError as error:
        raise Distrusted(
            f"AMQP_URI: no TLS with {address.host}:{address.port}; it may speak none (amqp://), or want a"
            f" certificate of ours (certfile, keyfile): {error.reason or error}"
        ) from error
    except FileNotFoundError as error:
        raise Distrusted(f"AMQP_URI: a file that it names is not there ({', '.join(FILES)})") from error

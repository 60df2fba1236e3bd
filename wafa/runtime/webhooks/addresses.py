"""Which addresses of the network may be called from here: what is open to the world, nothing inside.

A name is resolved once, all of its addresses are checked, and only a checked address is ever connected to:
a name that points elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class Forbidden(Exception):
    """A name leads to an address that may not be called; the message says which."""


def resolved(host: str, port: int, *, private: bool = False) -> tuple[str, ...]:
    """Return the addresses of a host, in the order in which to try them.

    Raises:
        Forbidden: one of them is not public, and `private` ones are not allowed.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    if not private:
        for address in addresses:
            if not is_public(address):
                raise Forbidden(f"{host} is {address}, which is not an address of the public internet")
    return addresses


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet.

    Neither do those IPv6 addresses that only wrap an IPv4 address: what is inside may be anything.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return True
    return ip in _GLOBAL_UNICAST and ip.sixtofour is None and ip.teredo is None

"""An address to call, as it was written down by somebody else."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_PATH = re.compile("[!-~]{1,2000}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to call. With `private` it may be inside our own network, and without TLS."""

    scheme: str
    host: str
    port: int
    path: str
    private: bool = False

    @classmethod
    def parse(cls, url: str, *, private: bool = False) -> "Endpoint":
        """Read an address; without `private` it must be https.

        Raises:
            ValueError: it cannot be used. The message says what was expected, and does not repeat it.
        """
        schemes = ("https", "http") if private else ("https",)
        try:
            parts = urlsplit(url)
            host = _host(parts.hostname or "")
            port = parts.port or _PORTS[parts.scheme]
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if parts.scheme not in schemes or parts.username is not None or not _PATH.fullmatch(path):
                raise ValueError
        except (ValueError, KeyError):
            wanted = " or ".join(f"{scheme}://host/path" for scheme in schemes)
            raise ValueError(f"must look like {wanted}, without a user") from None
        return cls(parts.scheme, host, port, path, private)

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def _host(written: str) -> str:
    """Return a host as the network knows it. Raises ValueError (UnicodeError) if it is none."""
    if not written:
        raise ValueError
    return written if ":" in written else written.encode("idna").decode()

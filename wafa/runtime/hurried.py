"""What a far end says, until a moment: a time limit for each step ends nothing that comes drop by drop."""

import io
import socket
import time


class Hurried(io.RawIOBase):
    """Reads from a socket until `until`, by the monotonic clock; a `TimeoutError` afterwards."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        """Share the socket: it stays open until this is closed as well."""
        self.until = until
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return whether it can be read: always."""
        return True

    def readinto(self, buffer: "memoryview") -> int | None:  # type: ignore[override]
        """Fill a buffer with what there is."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()

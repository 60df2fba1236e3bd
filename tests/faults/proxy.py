"""A network that can be broken: a TCP proxy whose connections can be cut, held up, and let through again."""

import contextlib
import itertools
import random
import socket
import struct
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
CHUNK = 64 * 1024
# Closing a socket with this option on sends a reset at once, whatever is still to be sent.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on a port of its own, for as long as the `with` block lasts, and passes on to `target`.

    Of several `hosts`, connections go to one after the other; one that does not answer is passed over.
    """

    def __init__(self, target: int, hosts: Sequence[str] = (LOOPBACK,)) -> None:
        self._target = target
        self._hosts = hosts
        self._turns = itertools.count()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._wires: set[_Wire] = set()
        self._listener = _listen(0)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._accept_on(self._listener)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()
        self._flowing.set()

    @property
    def connections(self) -> int:
        """How many pass through it now."""
        return len(self._wires)

    def cut(self, chance: float = 1, rng: random.Random | None = None) -> int:
        """Reset connections in the middle of whatever they do, each with this chance; return how many."""
        draw = rng or random.Random(0)
        with self._lock:
            chosen = [wire for wire in self._wires if draw.random() < chance]
        for wire in chosen:
            wire.cut()
        return len(chosen)

    def stall(self) -> None:
        """Become a black hole: connections stay, new ones are accepted, and nothing passes."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let everything through again, what was held up first."""
        self._flowing.set()

    def shut(self) -> None:
        """Refuse connections, and reset those that there are."""
        # Closing alone would leave the thread that waits in `accept`, and with it the port.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        self._listener.close()
        self.cut()

    def open(self) -> None:
        """Accept connections again, on the same port."""
        self._listener = _listen(self.port)
        self._accept_on(self._listener)

    def _accept_on(self, listener: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        self._flowing.wait()
        far = self._reach()
        if far is None:
            _reset(near)
            return
        far.settimeout(None)
        wire = _Wire(near, far)
        with self._lock:
            self._wires.add(wire)
        ways = [threading.Thread(target=self._pump, args=way, daemon=True) for way in wire.ways()]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        wire.close()
        with self._lock:
            self._wires.discard(wire)

    def _reach(self) -> socket.socket | None:
        first = next(self._turns) % len(self._hosts)
        for host in (*self._hosts[first:], *self._hosts[:first]):
            with contextlib.suppress(OSError):
                return socket.create_connection((host, self._target), timeout=10)
        return None

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(CHUNK):
                self._flowing.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # One way is broken: the other one must notice.
            for end in (source, target):
                _shut(end)


class _Wire:
    """A connection through the proxy: its two ends."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._ends = (near, far)
        for end in self._ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ways(self) -> list[tuple[socket.socket, socket.socket]]:
        near, far = self._ends
        return [(near, far), (far, near)]

    def cut(self) -> None:
        for end in self._ends:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            except OSError:
                continue
            _shut(end)

    def close(self) -> None:
        for end in self._ends:
            end.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(256)
    return listener


def _reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return

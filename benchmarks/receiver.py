"""Somebody who is called by webhooks: answers 204 to everything, verifies nothing, notes when it was called.

Runs in a process of its own, and is fast enough not to be what is measured.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.mailsink import LOOPBACK

_HEAD_ENDS, _LENGTH = b"\r\n\r\n", b"\r\ncontent-length:"
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
_ID = b'"id":"'


@dataclass(frozen=True, slots=True)
class Calls:
    """What was heard, in memory that processes share: how much, and of each the number and the moment.

    The number is the `id` of the event that was sent, the moment one of `time.monotonic`.
    """

    heard: Any
    numbers: Any
    moments: Any

    def note(self, body: bytes) -> None:
        """Take down a call."""
        place = self.heard.value
        if place < len(self.numbers):
            start = body.find(_ID) + len(_ID)
            self.numbers[place] = int(body[start : body.index(b'"', start)])
            self.moments[place] = time.monotonic()
        self.heard.value = place + 1


class Receiver:
    """A receiver that runs at `url`."""

    def __init__(self, url: str, calls: Calls) -> None:
        self.url = url
        self._calls = calls

    @property
    def heard(self) -> int:
        """How many calls there were since it was last told to forget."""
        return int(self._calls.heard.value)

    def calls(self) -> list[tuple[int, float]]:
        """Return the number and the moment of each call, in their order."""
        heard = self.heard
        return list(zip(self._calls.numbers[:heard], self._calls.moments[:heard], strict=True))

    def forget(self) -> None:
        """Begin anew; only while nobody calls."""
        self._calls.heard.value = 0


class _Session(asyncio.Protocol):
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(_HEAD_ENDS)) >= 0:
            _, _, length = bytes(self._buffer[:head]).lower().partition(_LENGTH)
            begins = head + len(_HEAD_ENDS)
            ends = begins + int(length.partition(b"\r\n")[0])
            if len(self._buffer) < ends:
                return
            self._calls.note(bytes(self._buffer[begins:ends]))
            del self._buffer[:ends]
            self._transport.write(_NO_CONTENT)


@contextmanager
def receiver(most: int) -> Iterator[Receiver]:
    """Run a receiver on a free port until the end of the block; it remembers so many calls."""
    context = multiprocessing.get_context("spawn")
    heard, ready = context.Value("q", 0, lock=False), context.Value("i", 0, lock=False)
    calls = Calls(heard, context.Array("q", most, lock=False), context.Array("d", most, lock=False))
    process = context.Process(target=_run, args=(calls, ready), daemon=True)
    process.start()
    try:
        while not ready.value:
            process.join(0.01)
            if process.exitcode is not None:
                raise RuntimeError(f"the receiver ended with {process.exitcode}")
        yield Receiver(f"http://{LOOPBACK}:{ready.value}", calls)
    finally:
        process.kill()
        process.join()


def _run(calls: Calls, ready: Any) -> None:
    asyncio.run(_serve(calls, ready))


async def _serve(calls: Calls, ready: Any) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Session(calls), LOOPBACK, 0)
    ready.value = server.sockets[0].getsockname()[1]
    async with server:
        await server.serve_forever()

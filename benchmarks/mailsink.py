"""A mail server that takes everything and keeps nothing, fast enough not to be what is measured.

    python -m benchmarks.mailsink --port 1025

Speaks just enough SMTP for a client that behaves, with PIPELINING. `EHLO` of anybody, no TLS, no limits: for
measuring on this machine only.
"""

import argparse
import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized

LOOPBACK = "127.0.0.1"
_END = b"\r\n.\r\n"
_ANSWERS = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
_OK = b"250 OK\r\n"


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, taken: "Synchronized[int]") -> None:
        self._taken = taken
        self._buffer = bytearray()
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every whole line, and every whole mail once."""
        self._buffer += data
        answers = b"".join(self._answers())
        if answers:
            self._transport.write(answers)
        if answers.endswith(_ANSWERS[b"QUIT"]):
            self._transport.close()

    def _answers(self) -> Iterator[bytes]:
        while (end := self._buffer.find(_END if self._in_mail else b"\r\n")) >= 0:
            if self._in_mail:
                del self._buffer[: end + len(_END)]
                self._in_mail = False
                self._taken.value += 1
                yield _OK
                continue
            verb = bytes(self._buffer[:4]).upper()
            del self._buffer[: end + 2]
            self._in_mail = verb == b"DATA"
            yield _ANSWERS.get(verb, _OK)


async def serve(port: int, taken: "Synchronized[int]", ready: "Synchronized[int] | None" = None) -> None:
    """Take mail on `port` (0: any), counting in `taken`; write the port to `ready` when it is open."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(taken), LOOPBACK, port)
    if ready is not None:
        ready.value = server.sockets[0].getsockname()[1]
    async with server:
        await server.serve_forever()


class Sink:
    """A sink in a process of its own."""

    def __init__(self, port: int, taken: "Synchronized[int]") -> None:
        self.port = port
        self._taken = taken

    @property
    def url(self) -> str:
        """What `WAFA_SMTP_URL` is to be."""
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def mails(self) -> int:
        """How many mails it has taken."""
        return self._taken.value


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a sink on a free port until the end of the block."""
    context = multiprocessing.get_context("spawn")
    taken = context.Value("q", 0, lock=False)
    ready = context.Value("i", 0, lock=False)
    process = context.Process(target=_run, args=(0, taken, ready), daemon=True)
    process.start()
    try:
        while not ready.value:
            process.join(0.01)
            if process.exitcode is not None:
                raise RuntimeError(f"the mail sink ended with {process.exitcode}")
        yield Sink(ready.value, taken)
    finally:
        process.kill()
        process.join()


def _run(port: int, taken: "Synchronized[int]", ready: "Synchronized[int] | None" = None) -> None:
    asyncio.run(serve(port, taken, ready))


def main() -> None:
    """Run from the command line until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mailsink", description=__doc__)
    parser.add_argument("--port", type=int, default=1025)
    asyncio.run(serve(parser.parse_args().port, multiprocessing.Value("q", 0, lock=False)))


if __name__ == "__main__":
    main()

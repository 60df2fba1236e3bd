"""One service as operators start it, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from wafa.stack.ports import LOOPBACK, Ports
from wafa.stack.services import ROOT


@dataclass(frozen=True, slots=True)
class Launched:
    """A process of a service: answers HTTP on `port`, writes to `log`."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def words(self) -> str:
        """Everything that it has said."""
        return self.log.read_text("utf-8", "replace")

    def answers(self, page: str) -> bool:
        """Tell whether it answers a page with success."""
        try:
            with urlopen(f"http://{LOOPBACK}:{self.port}{page}", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def end(self) -> tuple[int, float]:
        """Send SIGTERM; return the exit code, and the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30), time.monotonic() - started


@contextmanager
def launched(service: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Launched]:
    """Start a service, without waiting for anything; it is gone when the block ends."""
    port = Ports({}).take(service)
    log = folder / f"{service}-{port}.log"
    own = {"WAFA_HTTP_PORT": str(port), "WAFA_HTTP_HOST": LOOPBACK, "WAFA_LOG_FORMAT": "json"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "wafa.cli", "run", service],
            cwd=ROOT,
            env={**os.environ, **own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Launched(process, port, log)
    finally:
        process.kill()
        process.wait()

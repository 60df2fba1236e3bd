"""A mail server that delivers nothing: every message is kept as a file, for people and tests to look at.

Run by itself: `python -m wafa.stack.mailsink --port 1025 --folder mail`.
"""

import argparse
import asyncio
import itertools
import time
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from wafa.stack.ports import LOOPBACK


class Keeper:
    """Writes each message to `folder`, named by its time of arrival, with the envelope's addresses on top."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message; called by aiosmtpd when one has come in whole."""
        name = f"{time.time_ns()}-{next(self._numbers):06}.eml"
        draft = self._folder / f".{name}"
        draft.write_bytes(_envelope_headers(envelope) + (envelope.original_content or b""))
        draft.rename(self._folder / name)  # readers see whole messages only
        return "250 Kept"


def _envelope_headers(envelope: Envelope) -> bytes:
    return f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n".encode()


async def serve(port: int, folder: Path) -> None:
    """Take in mail on the loopback address until cancelled."""
    folder.mkdir(parents=True, exist_ok=True)
    session = partial(
        SMTP, Keeper(folder), enable_SMTPUTF8=True, hostname="localhost", ident="Wafa mail sink"
    )
    server = await asyncio.get_running_loop().create_server(session, LOOPBACK, port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run the mail sink by itself."""
    parser = argparse.ArgumentParser(prog="python -m wafa.stack.mailsink", description=__doc__)
    parser.add_argument("--port", type=int, default=1025)
    parser.add_argument("--folder", type=Path, default=Path("mail"))
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.folder))


if __name__ == "__main__":
    main()

"""As much of Mailpit as the containers and their tests need: SMTP, and over HTTP the number of messages."""

import asyncio
import json
import signal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from aiosmtpd.smtp import SMTP, Envelope, Session

SMTP_PORT, HTTP_PORT = 1025, 8025
kept: list[Envelope] = []


class Keeper:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        kept.append(envelope)
        return "250 Kept"


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/readyz":
            body = b"ok"
        elif self.path.startswith("/api/v1/messages"):
            body = json.dumps({"total": len(kept), "messages": []}).encode()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


async def serve() -> None:
    loop = asyncio.get_running_loop()
    session = partial(SMTP, Keeper(), enable_SMTPUTF8=True, hostname="mail")
    http = ThreadingHTTPServer(("0.0.0.0", HTTP_PORT), Answers)
    Thread(target=http.serve_forever, daemon=True).start()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    async with await loop.create_server(session, "0.0.0.0", SMTP_PORT):
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve())

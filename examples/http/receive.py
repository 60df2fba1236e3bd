"""Take what Wafa sends to a webhook, check its signature and print it; with nothing but Python.

    WAFA_WEBHOOK_SECRET=whsec_... python receive.py [PORT]

The secret is in the answer to `POST /v1/webhooks`. It listens on 127.0.0.1, port 9000 unless told.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

secret = os.environ.get("WAFA_WEBHOOK_SECRET") or sys.exit("say the secret: WAFA_WEBHOOK_SECRET=whsec_...")
key = base64.b64decode(secret.removeprefix("whsec_"))
seen = set()  # here you have a table: an event may come twice, its id tells


class Receiver(BaseHTTPRequestHandler):
    """Answers what is signed with 204, and all else with 401."""

    def do_POST(self) -> None:
        """Take an event."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        id, sent = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        digest = hmac.digest(key, f"{id}.{sent}.".encode() + body, hashlib.sha256)
        wanted = f"v1,{base64.b64encode(digest).decode()}"
        # There are two signatures for a day after the secret was changed.
        signed = any(hmac.compare_digest(wanted, one) for one in self.headers["webhook-signature"].split())
        if not signed or abs(time.time() - int(sent)) > 300:
            self.send_response(401)
        else:
            if id not in seen:
                seen.add(id)
                event = json.loads(body)
                print(event["type"], event["data"], flush=True)
            self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", int([*sys.argv, "9000"][1])), Receiver).serve_forever()

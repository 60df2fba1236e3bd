"""Tell Wafa of a purchase over HTTP, with nothing but Python.

    WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... python first_event.py

The key needs the scope events:write. Exit code 0: the event is safe.
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime

key = os.environ.get("WAFA_KEY") or sys.exit("say your key: WAFA_KEY=wafa_... python first_event.py")

receipt = str(uuid.uuid4())  # here you have a number of your own
event = {
    "specversion": "1.0",
    "type": "purchase.completed.v1",
    # These two are the event's identity: sent again, it still counts once.
    "source": "/examples/python-http",
    "id": receipt,
    # When it happened, however late it is sent.
    "time": datetime.now(UTC).isoformat(),
    "data": {
        "purchase_id": receipt,
        "total": {"amount": "29.33", "currency": "USD"},  # a text, never a floating-point number
        "channel": "web",
        # Any of what you know: your own id for the customer, an e-mail address, a phone number.
        "customer": {"email": "salma@example.com", "name": "سلمى", "locale": "ar"},
    },
}

request = urllib.request.Request(
    os.environ.get("WAFA_URL", "http://127.0.0.1:8000") + "/v1/events",
    data=json.dumps(event).encode(),
    headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
)
try:
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as error:
    sys.exit(f"not published: {error.code} {error.read().decode()}")
except OSError as error:
    sys.exit(f"not published, send the same again: {error}")

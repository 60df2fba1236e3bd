"""Hear of events as they happen, until Ctrl-C; with nothing but Python.

    WAFA_URL=http://127.0.0.1:8000 WAFA_KEY=wafa_... python listen.py

The key needs the scope stream:read. It comes again by itself, and is told when it has missed something.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

key = os.environ.get("WAFA_KEY") or sys.exit("say your key: WAFA_KEY=wafa_... python listen.py")

TYPES = "customer.recognized.v1,loyalty.*"
url = os.environ.get("WAFA_URL", "http://127.0.0.1:8000") + f"/v1/stream?types={TYPES}"
headers = {"Authorization": f"Bearer {key}"}

while True:
    try:
        # A sign of life comes every 15 seconds: silence for longer means that the connection is lost.
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=40) as answer:
            print("listening", file=sys.stderr)
            name = ""
            for line in answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    headers["Last-Event-ID"] = value
                elif field == "event":
                    name = value
                elif field == "data" and name == "gap":
                    print("something may be missing: read again what you show", flush=True)
                elif field == "data" and name not in ("overflow", "end"):
                    event = json.loads(value)
                    print(event["type"], event["data"].get("customer_id"), flush=True)
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code != 429:
            sys.exit(f"not listening: {error.code} {error.read().decode()}")
    except OSError as error:
        print(f"interrupted, trying again: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        sys.exit()
    time.sleep(2)

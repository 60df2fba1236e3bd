"""Publish one purchase to Wafa, with nothing but an AMQP library.

    pip install kombu
    AMQP_URI=amqp://guest:guest@127.0.0.1:5672/%2F python publish_purchase.py

Exit code 0: the broker has the event safe. docs/events.md says what may stand in an event.
"""

import json
import os
import sys
import uuid
from datetime import UTC, datetime

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import KombuError

receipt = str(uuid.uuid4())  # here you have a number of your own
event = {
    "specversion": "1.0",
    "type": "purchase.completed.v1",
    # These two are the event's identity: published again, it still counts once.
    "source": "/examples/python",
    "id": f"purchase-{receipt}",
    # When it happened, however late it is sent.
    "time": datetime.now(UTC).isoformat(),
    "datacontenttype": "application/json",
    "data": {
        "purchase_id": receipt,
        "total": {"amount": "29.33", "currency": "USD"},  # a text, never a floating-point number
        "channel": "store",
        # Any of what you know: your own id for the customer, an e-mail address, a phone number.
        "customer": {"external_ids": [{"system": "shop", "id": "C-1"}], "email": "salma@example.com"},
    },
}

uri = os.environ.get("AMQP_URI", "amqp://guest:guest@127.0.0.1:5672/%2F")
try:
    # confirm_publish: `publish` returns when the broker has the message safe.
    with Connection(uri, connect_timeout=10, transport_options={"confirm_publish": True}) as connection:
        connection.Producer().publish(
            json.dumps(event),
            exchange="crm.events",
            routing_key=event["type"],
            content_type="application/cloudevents+json",
            content_encoding="utf-8",
            delivery_mode="persistent",
            mandatory=True,  # an error, rather than silence, when no queue takes it
            confirm_timeout=30,
        )
except (OSError, AMQPError, KombuError) as error:
    sys.exit(f"not published: {error}")
print(f"published and confirmed: {event['type']} {event['id']} from {event['source']}")

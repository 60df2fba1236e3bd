"""The AsyncAPI 3.0 document: what is sent over which channel, for tools and for people."""

from typing import Any

import yaml

from wafa.contracts.catalogue import ALL, DESCRIPTIONS, INBOUND, OUTBOUND
from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED
from wafa.contracts.examples import example
from wafa.contracts.jsonschema import COMPONENTS, components, event_name

Node = dict[str, Any]

CHANNEL = "events"
ABOUT = """\
Wafa takes in what other systems know of customers, and tells what it makes of it.

Everything goes over one durable topic exchange. The routing key is the event's `type`. A message holds one
CloudEvent in structured mode, or an array of CloudEvents of one type in batch mode. `events.md` says the same
in words.
"""


def document() -> Node:
    """Return the document as plain data."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Wafa events", "version": "1.0.0", "description": ABOUT},
        "defaultContentType": STRUCTURED,
        "servers": {"broker": _server()},
        "channels": {CHANNEL: _channel()},
        "operations": {
            **{_operation_name("receive", name): _operation("receive", name) for name in INBOUND},
            **{_operation_name("send", name): _operation("send", name) for name in OUTBOUND},
        },
        "components": {
            "messages": {key: message for name in ALL for key, message in _messages(name).items()},
            "schemas": dict(components()),
        },
    }


def text() -> str:
    """Return the document as YAML."""
    written: str = yaml.dump(document(), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=100)
    return written


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: an anchor is one more thing to know for whoever reads it."""
        return True


def _as_it_stands(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Plain.add_representer(str, _as_it_stands)


def _server() -> Node:
    return {
        "host": "{host}:{port}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": "5672"}},
        "security": [
            {"type": "userPassword", "description": "The RabbitMQ user of the system that connects."}
        ],
    }


def _channel() -> Node:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"}
    return {
        "address": EXCHANGE,
        "title": "All events",
        "description": "Do not declare the exchange: Wafa does. The routing key is the event's `type`.",
        "messages": {
            key: {"$ref": f"#/components/messages/{key}"} for name in ALL for key in _messages(name)
        },
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation_name(action: str, event_type: str) -> str:
    return f"{action}.{event_type}"


def _operation(action: str, event_type: str) -> Node:
    outside = "Other systems publish it." if action == "receive" else "Anyone may subscribe to it."
    amqp = {
        "cc": [event_type],
        "deliveryMode": 2,
        "mandatory": action == "receive",
        "bindingVersion": "0.3.0",
    }
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": DESCRIPTIONS[event_type].partition("\n")[0],
        "description": f"{outside} Routing key `{event_type}`.",
        "bindings": {"amqp": amqp},
        "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{key}"} for key in _messages(event_type)],
    }


def _messages(event_type: str) -> dict[str, Node]:
    payload = {"$ref": f"{COMPONENTS}{event_name(event_type)}"}
    sample = example(event_type)
    about = DESCRIPTIONS[event_type]
    return {
        event_type: {
            "name": event_type,
            "title": f"{event_type}, one event",
            "summary": about,
            "contentType": STRUCTURED,
            "payload": payload,
            "examples": [{"name": "example", "payload": sample}],
        },
        f"{event_type}.batch": {
            "name": f"{event_type}.batch",
            "title": f"{event_type}, a batch",
            "summary": about,
            "contentType": BATCH,
            "payload": {"type": "array", "minItems": 1, "maxItems": 1000, "items": payload},
        },
    }

"""Campaigns to tell stories with, as data."""

from typing import Any

#: A text of one's own, in two languages.
TEXTS = {
    "news": {
        "en": {"subject": "News", "txt": "News, {{ name }}\n\n{{ unsubscribe }}\n", "short": "News"},
        "ar": {"subject": "جديد", "txt": "جديد {{ name }}\n\n{{ unsubscribe }}\n", "short": "جديد"},
    }
}


def news(**changes: Any) -> dict[str, Any]:
    """A broadcast to members of the gold tier, a service message so that it needs no consent."""
    usual: dict[str, Any] = {
        "campaign": "news",
        "title": {"en": "News", "ar": "جديد"},
        "purpose": "service",
        "audience": {"field": "tier", "op": "eq", "value": "gold"},
        "start": {"broadcast": "now"},
        "steps": [{"message": {"id": "hello", "template": "news", "channels": ["email"]}}],
    }
    return usual | changes


def on(event: str, **changes: Any) -> dict[str, Any]:
    """A campaign that something starts."""
    start = {"on": event} | changes.pop("start", {})
    content = news(campaign=event.replace(".", "-").replace("_", "-"), start=start, **changes)
    if "audience" not in changes:
        del content["audience"]
    return content

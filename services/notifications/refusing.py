"""The answer to a call that has had no effect."""

from typing import Any


def refusal(reason: str, message: str) -> dict[str, Any]:
    """Return it: `reason` for machines, `message` for people."""
    return {"error": {"reason": reason, "message": message}}

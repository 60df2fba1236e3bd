"""Signatures by which whoever runs the far end knows that a call is ours: Standard Webhooks, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
LEAST, MOST = 24, 64


def key_of(secret: str) -> bytes:
    """Return the key in a secret of the form `whsec_` and 24 to 64 bytes in base64.

    Raises:
        ValueError: it is not of this form. The message does not repeat it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or not LEAST <= len(key) <= MOST:
        raise ValueError(f"must be {PREFIX} and {LEAST} to {MOST} bytes in base64")
    return key


def signed(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body sent at `timestamp`, in seconds since 1970."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }

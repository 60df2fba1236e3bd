"""Signatures by which whoever runs the far end knows that a call is ours: Standard Webhooks, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

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


def new_secret() -> str:
    """Return a secret that nobody had before."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body sent at `timestamp`, in seconds since 1970.

    One signature for each key: while a key is being replaced, the receiver may know either.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }

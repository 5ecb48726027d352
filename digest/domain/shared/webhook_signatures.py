"""Signatures of what we report to others, by the Standard Webhooks specification 1.0.0: HMAC-SHA256 under a shared key.

What is signed is the event's id, the second of this try and the body, so that none of them can be exchanged, and an
old report can't be played again.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a key."""


def shared_key(text: str) -> bytes:
    """The key in `text`: base64, with or without its prefix. Raises ValueError if it can't be one."""
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("it is not in base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"it has {len(key)} bytes, and needs {_SHORTEST} to {_LONGEST}")
    return key


def signed_headers(key: str, event_id: str, second: int, body: str) -> Mapping[str, str]:
    """The headers that name and sign a report. `second`: since 1970, of this try."""
    content = f"{event_id}.{second}.{body}".encode()
    signature = b64encode(hmac.new(shared_key(key), content, sha256).digest()).decode()
    return {"webhook-id": event_id, "webhook-timestamp": str(second), "webhook-signature": f"v1,{signature}"}

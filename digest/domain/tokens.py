"""The tokens in readers' and editors' links: a random 128-bit key and a purpose, sealed under the site's secret.

No row id, no address, no expiry inside: the key finds its row, and the row decides whether the link still counts.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256

_BYTES = 16
_LENGTH = 43  # 32 bytes in base64 without padding


class Purpose(StrEnum):
    """What a token may be used for; one made for one purpose is worthless for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    HOLD = "hold"
    PASSWORD = "password"  # noqa: S105 - a purpose, not a secret


def new_key() -> str:
    """A random 128-bit key, as 32 hexadecimal digits."""
    return secrets.token_hex(_BYTES)


def seal(purpose: Purpose, key: str, secret: str) -> str:
    """The token, 43 URL-safe characters, that carries `key` for this one purpose."""
    raw = bytes.fromhex(key)
    return urlsafe_b64encode(raw + _mark(purpose, raw, secret)).rstrip(b"=").decode()


def unseal(purpose: Purpose, token: str, keys: Sequence[str]) -> str | None:
    """The key in a token made for this purpose under any of the secrets in `keys`, else None."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        data = urlsafe_b64decode(token + "=")
    except ValueError:
        return None
    raw, mark = data[:_BYTES], data[_BYTES:]
    if urlsafe_b64encode(data).rstrip(b"=").decode() != token:
        return None
    if any(hmac.compare_digest(mark, _mark(purpose, raw, secret)) for secret in keys):
        return raw.hex()
    return None


def fingerprint(text: str, key: str) -> str:
    """A keyed hash of an address or a network, to be compared and never read back."""
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()


def _mark(purpose: Purpose, raw: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode() + b":" + raw, "sha256")[:_BYTES]

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
_BLOCK = 64  # SHA-256's, in bytes


class Purpose(StrEnum):
    """What a token may be used for; one made for one purpose is worthless for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    YOURS = "yours"
    MOVE = "move"
    UNDO = "undo"
    HOLD = "hold"
    PASSWORD = "password"  # noqa: S105 - a purpose, not a secret


_FAMILIES = {Purpose.UNSUBSCRIBE: ("reader", 0), Purpose.PREFERENCES: ("reader", _BYTES)}
"""Purposes whose marks are cut from one HMAC: under which name, and from which byte on. The others stand alone."""


def new_key() -> str:
    """A random 128-bit key, as 32 hexadecimal digits."""
    return secrets.token_hex(_BYTES)


class Sealer:
    """Makes tokens under one secret.

    HMAC (RFC 2104) with the two padded keys hashed once and copied; the marks of a reader's two links are the halves
    of one HMAC. A send seals both for every reader, and the plain way would be a third of its work.
    """

    def __init__(self, purpose: Purpose, secret: str) -> None:
        key = secret.encode()
        key = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        family, self._half = _FAMILIES.get(purpose, (purpose.value, 0))
        self._inner = sha256(bytes(byte ^ 0x36 for byte in key) + family.encode() + b":")
        self._outer = sha256(bytes(byte ^ 0x5C for byte in key))

    def seal(self, key: str) -> str:
        """The token, 43 URL-safe characters, that carries `key`."""
        raw = bytes.fromhex(key)
        return urlsafe_b64encode(raw + self.mark(raw))[:_LENGTH].decode()

    def mark(self, raw: bytes) -> bytes:
        """What proves that the key was sealed here, for this purpose."""
        return self._marks(raw)[self._half : self._half + _BYTES]

    def _marks(self, raw: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(raw)
        outer.update(inner.digest())
        return outer.digest()

    @classmethod
    def seal_readers(cls, keys: str, secret: str) -> tuple[list[str], list[str]]:
        """The tokens to leave and to choose topics for many readers, whose keys are given one behind the other."""
        sealer = cls(Purpose.UNSUBSCRIBE, secret)
        sealed: list[bytes] = []
        raw = bytes.fromhex(keys)
        for at in range(0, len(raw), _BYTES):
            key = raw[at : at + _BYTES]
            marks = sealer._marks(key)
            sealed += (key, marks[:_BYTES], b"\0", key, marks[_BYTES:], b"\0")
        # Encoded in one go: the zero byte after each token fills it to whole groups of four characters.
        text, step = urlsafe_b64encode(b"".join(sealed)).decode(), _LENGTH + 1
        leave = [text[at : at + _LENGTH] for at in range(0, len(text), 2 * step)]
        choose = [text[at : at + _LENGTH] for at in range(step, len(text), 2 * step)]
        return leave, choose


def seal(purpose: Purpose, key: str, secret: str) -> str:
    """The token, 43 URL-safe characters, that carries `key` for this one purpose."""
    return Sealer(purpose, secret).seal(key)


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
    if any(hmac.compare_digest(mark, Sealer(purpose, secret).mark(raw)) for secret in keys):
        return raw.hex()
    return None


def fingerprint(text: str, key: str) -> str:
    """A keyed hash of an address or a network, to be compared and never read back."""
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()

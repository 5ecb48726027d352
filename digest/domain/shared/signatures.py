"""Signatures of those who report to us: ECDSA on P-256 over SHA-256, with the signer's public key as base64 DER."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


@lru_cache(maxsize=4)
def public_key(text: str) -> EllipticCurvePublicKey:
    """The key in `text`. Raises ValueError if it can't be one."""
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in base64") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("not a key on the curve P-256")
    return key


def is_signed(content: bytes, signature: str, key: str) -> bool:
    """Whether `signature` (base64) was made over `content` by the holder of `key`. Whatever is malformed was not.

    Raises ValueError if the key can't be one.
    """
    try:
        raw = b64decode(signature, validate=True)
    except ValueError:
        return False
    # Base64 has bits to spare at its end: without this, a signature could be changed and still count.
    if b64encode(raw).decode() != signature:
        return False
    try:
        public_key(key).verify(raw, content, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True

"""The key of a summary's form, sealed for the editor who was given it: in anybody else's hands it is worth nothing.

A form is known again by its key: sent twice it makes one summary, and its own words are never somebody else's. With
another's key one editor would write over what the other types at this moment, and neither would be told.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256

from digest.web.shared.context import settings, signed_in

_HALF = 16
_KEY = re.compile(r"[0-9a-f]{32}")


def new_form_key() -> str:
    """A key for a form of the editor who is signed in, as 32 hexadecimal digits: 64 random bits, and their seal."""
    random = secrets.token_hex(_HALF // 2)
    return random + _seal(random, settings().secret_key)


def key_in(text: str) -> str:
    """The key of a form, as a form or an address has it, whosever it is; "" for anything that is none."""
    return text if _KEY.fullmatch(text) else ""


def is_own(key: str) -> bool:
    """Whether the editor who is signed in was given this key."""
    random, seal = key[:_HALF], key[_HALF:]
    return any(hmac.compare_digest(seal, _seal(random, secret)) for secret in settings().signing_keys)


def own_key(text: str) -> str:
    """The key that a form has: a new one in place of somebody else's, "" for anything that is none."""
    key = key_in(text)
    return key if not key or is_own(key) else new_form_key()


def _seal(random: str, secret: str) -> str:
    said = f"form of editor {signed_in().id}: {random}"
    return hmac.new(secret.encode(), said.encode(), sha256).hexdigest()[:_HALF]

"""Styles moved into a message once: it costs more than all else that a closing does, and many tests close the same."""

from __future__ import annotations

from functools import lru_cache

from digest.mail.message import templating
from digest.mail.message.inlining import inlined


def keep_what_styles_become() -> None:
    """From now on a document that was inlined is not inlined again, in this process and in those forked from it."""
    templating.inlined = lru_cache(maxsize=500)(inlined)  # type: ignore[attr-defined]

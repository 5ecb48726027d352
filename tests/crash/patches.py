"""Changing digest in a sender's process. The process is the patch's whole life, so nothing is put back."""

from __future__ import annotations

from typing import Any


def put(place: object, name: str, value: object) -> Any:
    """Put something else in the place of a name, and return what was there. Raises AttributeError if nothing was."""
    before = getattr(place, name)
    setattr(place, name, value)
    return before

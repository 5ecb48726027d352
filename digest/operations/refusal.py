"""The one way for an operation to say no."""

from __future__ import annotations


class Refused(Exception):
    """A person asked for something that can't be done now; the message says why and what to do instead."""

"""The ways for an operation to say no."""

from __future__ import annotations


class Refused(Exception):
    """A person asked for something that can't be done now; the message says why and what to do instead."""


class Miscounted(Exception):
    """What was written does not add up to what was meant; it was rolled back, and the message says what happens now."""


class Interrupted(Exception):
    """Whoever asked for it asked to stop, in time: nothing of what was asked was done."""

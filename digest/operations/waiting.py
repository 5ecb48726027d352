"""Waiting a moment, whatever anyone does to the clocks."""

from __future__ import annotations

import select


def pause(seconds: float) -> None:
    """Wait about this long.

    A relative wait of the kernel's: sleeping and waiting for an event aim at a point on the monotonic clock, which a
    machine under a shifted clock (libfaketime, some virtual machines) may never reach.
    """
    select.select([], [], [], max(0.0, seconds))

"""The clock that deadlines of requests are measured on."""

from __future__ import annotations

import time


def ticking() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps, where it has such a clock.

    A claim's lease runs in the database's time. A sender that slept through it must not write afterwards, and Linux's
    monotonic clock stands still meanwhile (clock_gettime(2)).
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class DeadlinePassed(TimeoutError):
    """There is no time left; nothing more may be done for this request."""


def left_until(deadline: float) -> float:
    """The seconds left. Raises DeadlinePassed when there are none."""
    left = deadline - ticking()
    if left <= 0:
        raise DeadlinePassed("the deadline has passed")
    return left

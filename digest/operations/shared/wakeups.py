"""Waiting, whatever anyone does to the clocks.

Relative waits of the kernel's: sleeping and waiting for an event with a limit aim at a point on the monotonic clock,
which a machine under a shifted clock (libfaketime, some virtual machines) may never reach.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable


def pause(seconds: float) -> None:
    """Wait about this long."""
    select.select([], [], [], max(0.0, seconds))


class Bell:
    """Rung by any thread, heard by one. Open only within its `with` block; what rings later is not heard."""

    def __enter__(self) -> Bell:
        self._hears, self._rings = socket.socketpair()
        self._rings.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        self._rings.close()
        self._hears.close()

    def ring(self) -> None:
        """Wake who waits."""
        # Full, it wakes as well; closed, nobody waits.
        with contextlib.suppress(OSError):
            self._rings.send(b"!")

    def wait_for(self, ready: Callable[[], bool], seconds: float | None = None) -> None:
        """Come back once `ready` says so, which is asked again after each ring; or after so long without a ring."""
        while not ready():
            if not select.select([self._hears], [], [], seconds)[0]:
                return
            self._hears.recv(4096)

"""Ports for servers that are started by their number, and so can't let the kernel choose one when they listen."""

from __future__ import annotations

import random
import socket

_BELOW_WHAT_THE_KERNEL_CHOOSES = range(10_000, 32_000)
"""Linux gives numbers from 32,768 on to whoever asks for any, and to connections (ip(7), `ip_local_port_range`)."""


def free_port() -> int:
    """A number that nobody listens on, and that no other test is given by the kernel meanwhile."""
    while True:
        port = random.choice(_BELOW_WHAT_THE_KERNEL_CHOOSES)  # noqa: S311 - nothing secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port

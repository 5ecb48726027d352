"""What a process is called that owns something for a while: its host, its number, and a random word of its start.

Host and number alone are no name. Containers may share a host's name, and their first process is number 1 in each; and
a number comes again. Whoever takes its own name for a sign that a lease is its own would take another's.
"""

from __future__ import annotations

import os
import socket
from functools import cache

from digest.domain.shared.tokens import new_key

_WORD = 12


def process_name() -> str:
    """This process's name, the same until it ends; another in each process that it forks."""
    return _name(os.getpid())


@cache
def _name(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{new_key()[:_WORD]}"

"""Keeping processes up: started together, restarted when one dies, ended together."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.operations.shared.wakeups import pause

_SHORT_LIFE = 10.0
_LONGEST_PAUSE = 30.0
_ROUND = 0.2

log = logging.getLogger(__name__)


@dataclass
class Child:
    """One process to keep up."""

    name: str
    command: Sequence[str]
    inherits: Sequence[int] = ()
    """Files of ours that stay open in it, by their numbers."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    not_before: float = field(default=0.0)


def supervise(children: Sequence[Child], before_the_end: Callable[[], None]) -> int:
    """Run the children until SIGTERM or Ctrl-C, then end them and wait. Returns the exit status: 0 when asked to end.

    A child that dies is started again, after a pause that grows while it keeps dying young.
    """
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    while not ending.is_set():
        for child in children:
            _keep_up(child, time.monotonic())
        pause(_ROUND)
    before_the_end()
    for child in children:
        if child.process:
            child.process.terminate()
    for child in children:
        if child.process:
            child.process.wait()
    return 0


def _keep_up(child: Child, at: float) -> None:
    if child.process is not None:
        status = child.process.poll()
        if status is None:
            return
        child.failures = child.failures + 1 if at - child.started_at < _SHORT_LIFE else 1
        child.not_before = at + min(_LONGEST_PAUSE, 2.0 ** (child.failures - 1))
        log.error("the %s ended with status %s; it starts again in %.0f s", child.name, status, child.not_before - at)
        child.process = None
    if at >= child.not_before:
        child.process = subprocess.Popen(  # noqa: S603 - our own command
            child.command, start_new_session=True, pass_fds=child.inherits
        )
        child.started_at = at

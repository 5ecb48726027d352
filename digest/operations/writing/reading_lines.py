"""Reading the lines of a summaries file: in this process where there are few, else side by side in several.

Reading one costs a third of a millisecond, most of it Markdown: far more than storing it. The processes know no
database, and end with this one.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context

from digest.operations.shared.refusal import Refused
from digest.operations.shared.wakeups import pause
from digest.operations.writing.arrivals import arrival_on, packed
from digest.storage.writing.import_spool import SpooledLine

_AT_ONCE = 100
_MOST_PROCESSES = 4
_YIELDING = 15
"""How far the processes step back for others, as `nice` counts: a site on the same machine comes first."""
_LOOKS_EVERY = 1.0


@dataclass(frozen=True)
class Read:
    """What some lines say: those that can be stored, and for each of the others its number and why it can't."""

    lines: Sequence[SpooledLine]
    faults: Sequence[tuple[int, str]]


def read_lines(lines: Iterable[str]) -> Iterator[Read]:
    """All lines in their order, some at a time; empty ones are left out. What reading them raises comes through."""
    parts = _parts(lines)
    first, second = next(parts, []), next(parts, None)
    if second is None:
        yield _read(first)
        return
    yield from _side_by_side(chain((first, second), parts))


def _side_by_side(parts: Iterator[list[tuple[int, str]]]) -> Iterator[Read]:
    processes = min(_MOST_PROCESSES, os.cpu_count() or 1)
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (os.getpid(),))
    waiting: deque[Future[Read]] = deque()
    with pool:
        try:
            for part in parts:
                waiting.append(pool.submit(_read, part))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise Refused(
                "A process that read the file was ended from outside. Nothing was imported; see that there is memory "
                "left, then run this again."
            ) from None


def _parts(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    part: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip("\ufeff \t\r\n"):
            part.append((number, line))
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _read(part: Sequence[tuple[int, str]]) -> Read:
    lines: list[SpooledLine] = []
    faults: list[tuple[int, str]] = []
    for number, line in part:
        try:
            lines.append(packed(number, arrival_on(line)))
        except ValueError as error:
            faults.append((number, str(error)))
    return Read(lines, faults)


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which then ends these
    os.nice(_YIELDING)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A command that was killed can't end them."""
    while os.getppid() == parent:
        pause(_LOOKS_EVERY)
    os._exit(1)

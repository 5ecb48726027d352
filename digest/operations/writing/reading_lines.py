"""Reading the lines of a summaries file: in this process where there are few, else side by side in several.

Reading one costs a third of a millisecond, most of it Markdown: far more than storing it. The processes know no
database, and end with this one. What they need is loaded in a tenth of a second, so that they can be at work while a
command still loads the rest: nothing that this imports may ask for SQLAlchemy.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context

from digest.operations.shared.refusal import Refused
from digest.operations.shared.wakeups import pause
from digest.operations.writing.arrivals import arrival_on, packed
from digest.storage.writing.import_spool import SpooledLine

_AT_ONCE = 100
_MOST_PROCESSES = 4
_AHEAD = 4_000_000
"""Characters of the file that may be on their way through the processes: some 4,000 summaries."""
_YIELDING = 15
"""How far the processes step back for others, as `nice` counts: a site on the same machine comes first."""
_LOOKS_EVERY = 1.0


_Part = list[tuple[int, str]]


@dataclass(frozen=True)
class Read:
    """What some lines say: those that can be stored, and for each of the others its number and why it can't."""

    lines: Sequence[SpooledLine]
    faults: Sequence[tuple[int, str]]


class LineReader:
    """All lines in their order, some at a time; empty ones are left out. What reading them raises comes through.

    To be iterated once, in a `with` block, which ends the processes however it is left.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._parts: Iterator[_Part] = _parts(lines)
        self._processes = min(_MOST_PROCESSES, os.cpu_count() or 1)
        self._pool: ProcessPoolExecutor | None = None
        self._under_way: deque[tuple[int, Callable[[], Read]]] = deque()
        self._characters = 0

    def __enter__(self) -> LineReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def begin(self) -> None:
        """Set the processes to work, as far ahead as they may be. For a file that is here as a whole: it waits for
        lines.
        """
        first = list(islice(self._parts, 2))
        if len(first) > 1:
            self._pool = ProcessPoolExecutor(self._processes, get_context("fork"), _begin, (os.getpid(),))
        self._parts = chain(first, self._parts)
        self._go_on()

    def __iter__(self) -> Iterator[Read]:
        with _none_was_ended():
            if not self._under_way:
                self.begin()
            while self._under_way:
                size, result = self._under_way.popleft()
                yield result()
                self._characters -= size
                self._go_on()
        self.__exit__()

    def _go_on(self) -> None:
        while self._may_go_on() and (part := next(self._parts, None)):
            size = sum(len(line) for _, line in part)
            result = self._pool.submit(_read, part).result if self._pool else partial(_read, part)
            self._under_way.append((size, result))
            self._characters += size

    def _may_go_on(self) -> bool:
        return self._characters < _AHEAD or len(self._under_way) <= 2 * self._processes


@contextmanager
def _none_was_ended() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise Refused(
            "A process that read the file was ended from outside. Nothing was imported; see that there is memory "
            "left, then run this again."
        ) from None


def _parts(lines: Iterable[str]) -> Iterator[_Part]:
    part: _Part = []
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

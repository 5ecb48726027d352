"""The progress bars of sends and imports, where somebody is looking."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from digest.operations.sending import Progress
from digest.operations.summary_files import Importing

_WIDEST = 30
_NARROWEST = 6


@contextmanager
def progress_bar(before: int) -> Iterator[Bar | None]:
    """A bar on a terminal, else nothing. `before` copies had ended when this run began."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = Bar(before)
    try:
        yield bar
    finally:
        click.echo(err=True)


class Bar:
    """Draws how far the send is, on one line; called from several threads."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._line = _Line()

    def __call__(self, progress: Progress) -> None:
        """Draw it anew."""
        line = bar_line(progress.done, progress.audience, self._before, shutil.get_terminal_size().columns)
        self._line.draw(line)


@contextmanager
def import_bar() -> Iterator[Callable[[Importing], None]]:
    """What shows how far an import is, on a terminal; else it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    line = _Line()
    try:
        yield lambda importing: line.draw(import_line(importing, shutil.get_terminal_size().columns))
    finally:
        line.end()


def import_line(importing: Importing, columns: int) -> str:
    """How far an import is: lines read, then a bar of summaries added; it never fills the terminal."""
    if importing.written is None:
        return f"{importing.read:,} {'line' if importing.read == 1 else 'lines'} read"[: max(0, columns - 1)]
    return bar_line(importing.written, importing.to_write, 0, columns)


class _Line:
    """One line of a terminal, drawn again and again."""

    def __init__(self) -> None:
        self._drawn = 0
        self._lock = threading.Lock()

    def draw(self, line: str) -> None:
        with self._lock:
            click.echo(f"\r{line.ljust(self._drawn)}", nl=False, err=True)
            self._drawn = len(line)

    def end(self) -> None:
        if self._drawn:
            click.echo(err=True)


def bar_line(done: int, audience: int, before: int, columns: int) -> str:
    """The line, which never fills the terminal: a full line would wrap, and the next one would not replace it.

    `before` were done by an earlier run. On a narrow terminal the bar goes first, then the earlier ones.
    """
    count = f"{done:,} of {audience:,}"
    earlier = f", {before:,} of them before" if before else ""
    for words in (count + earlier, count):
        width = min(_WIDEST, columns - len(words) - 2)
        if width >= _NARROWEST:
            full = width * done // max(1, audience)
            return f"{'█' * full}{'·' * (width - full)} {words}"
    return count[: max(0, columns - 1)]

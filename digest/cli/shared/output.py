"""What commands write: counts in words, CSV, and one line of a terminal that is drawn again and again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable

import click

_WIDEST = 30
_NARROWEST = 6


class TerminalLine:
    """One line of a terminal, drawn again and again."""

    def __init__(self) -> None:
        self._drawn = 0
        self._lock = threading.Lock()

    def draw(self, line: str) -> None:
        """Draw this in place of what is there; called from several threads."""
        with self._lock:
            click.echo(f"\r{line.ljust(self._drawn)}", nl=False, err=True)
            self._drawn = len(line)

    def end(self) -> None:
        """Go on below it, if anything was drawn."""
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


def counted(count: int, one: str, many: str = "") -> str:
    """`1 reader`, `12,345 readers`; `many` is the plural where it isn't `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def copies(count: int) -> str:
    """`1 copy`, `12,345 copies`."""
    return counted(count, "copy", "copies")


def batches(count: int) -> str:
    """`1 batch`, `12,345 batches`."""
    return counted(count, "batch", "batches")


def write_csv(lines: Iterable[str]) -> None:
    """Write these lines as they are, with the line ends that they have."""
    sys.stdout.writelines(lines)

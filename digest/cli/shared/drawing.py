"""Drawing on a terminal: one line that is drawn again and again, and bars for it."""

from __future__ import annotations

import threading

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

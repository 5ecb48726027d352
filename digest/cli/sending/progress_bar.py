"""The progress bar of `digest send`, where somebody is looking."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from digest.cli.shared.output import TerminalLine, bar_line
from digest.operations.sending.sender import Progress


@contextmanager
def progress_bar(before: int) -> Iterator[ProgressBar | None]:
    """A bar on a terminal, else nothing. `before` copies had ended when this run began."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = ProgressBar(before)
    try:
        yield bar
    finally:
        click.echo(err=True)


class ProgressBar:
    """Draws how far the send is, on one line; called from several threads."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._line = TerminalLine()

    def __call__(self, progress: Progress) -> None:
        """Draw it anew."""
        line = bar_line(progress.done, progress.audience, self._before, shutil.get_terminal_size().columns)
        self._line.draw(line)

"""How far an import is, where somebody is looking."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digest.cli.shared.drawing import TerminalLine, bar_line
from digest.operations.writing.summary_files import Importing


@contextmanager
def import_bar() -> Iterator[Callable[[Importing], None]]:
    """What shows how far an import is, on a terminal; else it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    line = TerminalLine()
    try:
        yield lambda importing: line.draw(import_line(importing, shutil.get_terminal_size().columns))
    finally:
        line.end()


def import_line(importing: Importing, columns: int) -> str:
    """How far an import is: lines read, then a bar of summaries added; it never fills the terminal."""
    if importing.written is None:
        return f"{importing.read:,} {'line' if importing.read == 1 else 'lines'} read"[: max(0, columns - 1)]
    return bar_line(importing.written, importing.to_write, 0, columns)

"""Files of JSON lines, as the commands that import them take them: opened, and what is said of faulty ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from digest.cli.shared.failing import Failed

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))


@contextmanager
def lines_of(file: Path) -> Iterator[TextIO]:
    """Its lines, or those of standard input; raises Failed where they are no text, or the import was ended."""
    with told_of(file):
        if str(file) == "-":
            yield TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="\n")
        else:
            with file.open(encoding="utf-8-sig", newline="\n") as lines:
                yield lines


@contextmanager
def told_of(file: Path) -> Iterator[None]:
    """Raises Failed where this file is no text, or the import was ended."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Failed(f"{file.name} is not UTF-8 ({error.reason}): save it as UTF-8 text.") from None
    except KeyboardInterrupt:
        raise Failed("Ended before it was done. Run this again: it does what is left.") from None


def say_faults(faults: Sequence[tuple[int, str]]) -> None:
    """Say each faulty line with its reason; raises Failed if there is one."""
    if not faults:
        return
    for number, reason in faults:
        click.echo(f"line {number}: {reason}", err=True)
    are, them = ("line is", "it") if len(faults) == 1 else ("lines are", "them")
    raise Failed(f"{len(faults):,} {are} faulty; nothing was imported. Mend {them}, then run this again.")

"""`digest summaries`: an archive moved in, or taken along.

Here is what a command of the group needs at once; the rest is in `moving`, which takes half a second to load. An import
begins to read its file before that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import TextIO

import click

from digest.cli.shared.failing import Failed
from digest.operations.writing.reading_lines import LineReader


@click.group()
def summaries() -> None:
    """Bring the archive in as a file, or take it along."""


@summaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--select", is_flag=True, help="Put them on the current issue too, in file order.")
def import_(file: Path, select: bool) -> None:
    """Publish the summaries in FILE, one JSON object a line.

    \b
    Each has: title, date (2024-05-15), publication, and body (Markdown) or body_html;
    and may have: sources (a list of {url, title, publication}), topics (a list), id, slug.

    FILE may be -, standard input. The whole file is read and checked first: with a faulty line nothing is imported.
    Then it is written a little at a time, so that the site goes on meanwhile. Run again after an interruption, it
    does what is left. What is there already stays as it is.
    """
    try:
        with _lines_of(file) as lines, LineReader(lines) as read:
            if file.is_file():
                read.begin()
            _moving().bring_in(read, select)
    except UnicodeDecodeError as error:
        raise Failed(f"{file.name} is not UTF-8 ({error.reason}): save it as UTF-8 text.") from None
    except KeyboardInterrupt:
        raise Failed("Ended before it was done. Run this again: it does what is left.") from None


@summaries.command()
def export() -> None:
    """Write every published summary to standard output.

    One JSON object a line, as the import takes them. For a file: digest summaries export > archive.jsonl
    """
    _moving().take_along()


@summaries.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Show what the archive's search finds for WORDS, best first."""
    _moving().look_up(" ".join(words), as_json)


def _moving() -> ModuleType:
    return import_module("digest.cli.writing.moving")


@contextmanager
def _lines_of(file: Path) -> Iterator[TextIO]:
    if str(file) != "-":
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            yield lines
        return
    yield TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="\n")

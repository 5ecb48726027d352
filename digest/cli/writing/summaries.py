"""`digest summaries`: an archive moved in, or taken along.

Here is what a command of the group needs at once; the rest is in `moving`, which takes half a second to load. An import
begins to read its file before that.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from digest.cli.shared.lines_files import FILE, lines_of
from digest.operations.writing.reading_lines import LineReader


@click.group()
def summaries() -> None:
    """Bring the archive in as a file, or take it along."""


@summaries.command("import")
@FILE
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
    with lines_of(file) as lines, LineReader(lines) as read:
        if file.is_file():
            read.begin()
        _moving().bring_in(read, select)


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

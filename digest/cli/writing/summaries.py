"""`digest summaries`: an archive moved in, or taken along."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.installation import installation
from digest.cli.shared.output import TerminalLine, bar_line, counted
from digest.domain.issues.calendar import day_and_year
from digest.operations.writing import searching
from digest.operations.writing.indexing import index_summaries
from digest.operations.writing.summary_files import (
    CutShort,
    ImportedSummaries,
    Importing,
    export_summaries,
    import_summaries,
)


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
    here = installation()
    try:
        with _lines_of(file) as lines, import_bar() as tell:
            imported = import_summaries(here.context(), lines, select, tell)
    except UnicodeDecodeError as error:
        raise Failed(f"{file.name} is not UTF-8 ({error.reason}): save it as UTF-8 text.") from None
    except CutShort as cut:
        raise Failed(str(cut)) from None
    except KeyboardInterrupt:
        raise Failed("Ended before it was done. Run this again: it does what is left.") from None
    _report(imported)


@contextmanager
def _lines_of(file: Path) -> Iterator[TextIO]:
    if str(file) != "-":
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            yield lines
        return
    yield TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="\n")


@summaries.command()
def export() -> None:
    """Write every published summary to standard output.

    One JSON object a line, as the import takes them. For a file: digest summaries export > archive.jsonl
    """
    for line in export_summaries(installation().db):
        click.echo(line)


@summaries.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Show what the archive's search finds for WORDS, best first."""
    here = installation()
    index_summaries(here.db)
    with here.db.reading() as session:
        found = searching.search(session, " ".join(words))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    if found.loosened:
        click.echo("No summary has all of these words; these have some.")
    for hit in found.results:
        click.echo(f"{hit.id:>7}  {hit.title}")
    click.echo(f"{counted(found.total, 'summary', 'summaries')} found.")


def _report(imported: ImportedSummaries) -> None:
    if imported.faults:
        for number, reason in imported.faults:
            click.echo(f"line {number}: {reason}", err=True)
        lines = imported.added + imported.already_there + len(imported.faults)
        are, them = ("is", "it") if len(imported.faults) == 1 else ("are", "them")
        raise Failed(
            f"{len(imported.faults):,} of {counted(lines, 'summary', 'summaries')} {are} faulty; nothing was imported. "
            f"Mend {them}, then run this again."
        )
    total = imported.added + imported.already_there
    click.echo(
        f"{counted(total, 'summary', 'summaries')}: {imported.added:,} added, {imported.already_there:,} already there."
    )
    if imported.issue_date:
        are = "It is" if total == 1 else f"All {total:,} are"
        click.echo(f"{are} on the issue of {day_and_year(imported.issue_date)}.")


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

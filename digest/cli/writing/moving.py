"""What `digest summaries` does once it is loaded: bring an archive in, or take it along."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.installation import installation
from digest.cli.shared.output import TerminalLine, bar_line, counted
from digest.domain.issues.calendar import day_and_year
from digest.domain.people.acts import Act
from digest.operations.archive import searching
from digest.operations.archive.indexing import index_summaries
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.writing.reading_lines import Read
from digest.operations.writing.summary_files import (
    CutShort,
    ImportedSummaries,
    Importing,
    export_summaries,
    import_summaries,
)


def bring_in(lines: Iterable[Read], select: bool) -> None:
    """Publish the summaries on these lines, and say what came of it. Raises Failed where not all are in."""
    here = installation()
    try:
        with import_bar() as tell:
            imported = import_summaries(here.context(), lines, select, tell)
    except CutShort as cut:
        raise Failed(str(cut)) from None
    _report(imported)
    if imported.added:
        about = counted(imported.added, "summary", "summaries")
        audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, about)


def take_along() -> None:
    """Print every published summary, a line each."""
    for line in export_summaries(installation().db):
        click.echo(line)


def look_up(words: str, as_json: bool) -> None:
    """Print what the archive's search finds, best first."""
    here = installation()
    index_summaries(here.db)
    with here.db.reading() as session:
        found = searching.search(session, words)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    if found.loosened:
        click.echo("No summary has all of these words; these have some.")
    for hit in found.results:
        click.echo(f"{hit.id:>7}  {hit.title}")
    at_least = "" if found.whole else "At least "
    click.echo(f"{at_least}{counted(found.total, 'summary', 'summaries')} found.")


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

"""`digest leads`: candidates from elsewhere, and what waits on the desk."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from digest.cli.shared.installation import installation
from digest.cli.shared.lines_files import FILE, lines_of, say_faults
from digest.cli.shared.output import TerminalLine, bar_line, counted
from digest.operations.sources.lead_files import ImportedLeads, as_json, import_leads, list_leads

_TITLE, _PUBLICATION = 70, 24


@click.group()
def leads() -> None:
    """Bring leads in as a file, or see what waits on the desk."""


@leads.command("import")
@FILE
def import_(file: Path) -> None:
    """Make the entries in FILE leads, one JSON object a line.

    \b
    Each has: title; and may have: guid, url, lede, publication,
    published_at (2024-05-15T08:30:00Z). It counts as arrived when it was published.

    FILE may be -, standard input. The whole file is read and checked first: with a faulty line nothing is imported.
    What is there already stays in the state that it is in.
    """
    here = installation()
    with lines_of(file) as lines, _bar() as tell:
        imported = import_leads(here.context(), lines, tell)
    _report(imported)


@leads.command("list")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line.")
@click.option("--all", "everything", is_flag=True, help="Every lead, also what is done with.")
def list_(as_lines: bool, everything: bool) -> None:
    """Show what waits on the desk, the newest first."""
    for lead in list_leads(installation().context(), everything):
        if as_lines:
            click.echo(as_json(lead))
            continue
        title = lead.title if len(lead.title) <= _TITLE else f"{lead.title[: _TITLE - 1]}…"
        published = lead.published_at.strftime("%Y-%m-%d %H:%M")
        click.echo(
            f"{lead.id:>7}  {published}  {lead.state:<9}  {lead.publication[:_PUBLICATION]:<{_PUBLICATION}}  {title}"
        )


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    line = TerminalLine()
    try:
        yield lambda done, of: line.draw(bar_line(done // 2, of // 2, 0, shutil.get_terminal_size().columns))
    finally:
        line.end()


def _report(imported: ImportedLeads) -> None:
    say_faults(imported.faults)
    total = imported.added + imported.already_there
    click.echo(f"{counted(total, 'lead')}: {imported.added:,} added, {imported.already_there:,} already there.")

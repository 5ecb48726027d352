"""`digest issues`: past issues moved in, or taken along."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.installation import installation
from digest.cli.shared.output import counted
from digest.domain.people.acts import Act
from digest.operations.issues.issue_files import ImportedIssues, export_issues, import_issues
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND


@click.group()
def issues() -> None:
    """Bring past issues in as a file, or take them along."""


@issues.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def import_(file: Path) -> None:
    """Keep the past issues in FILE, one JSON object a line, to be read in the archive. Nothing is sent.

    \b
    Each has: date (2024-05-17) and summaries (the ids of those it carried, in their order);
    and may have: number, subject, preheader, introduction and closing_note (Markdown), by_topic.

    FILE may be -, standard input. Import the summaries first. The whole file is read and checked: with a faulty line
    nothing is imported. What is there already stays as it is.
    """
    here = installation()
    try:
        with _lines_of(file) as lines:
            imported = import_issues(here.context(), lines)
    except UnicodeDecodeError as error:
        raise Failed(f"{file.name} is not UTF-8 ({error.reason}): save it as UTF-8 text.") from None
    except KeyboardInterrupt:
        raise Failed("Ended before it was done. Run this again: it does what is left.") from None
    _report(imported)
    if imported.added:
        about = counted(imported.added, "past issue")
        audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, about)


@issues.command()
def export() -> None:
    """Write every past issue to standard output, the oldest first.

    One JSON object a line, as the import takes them. For a file: digest issues export > issues.jsonl
    """
    for line in export_issues(installation().db):
        click.echo(line)


@contextmanager
def _lines_of(file: Path) -> Iterator[TextIO]:
    if str(file) != "-":
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            yield lines
        return
    yield TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="\n")


def _report(imported: ImportedIssues) -> None:
    if imported.faults:
        for number, reason in imported.faults:
            click.echo(f"line {number}: {reason}", err=True)
        faulty = len(imported.faults)
        are, them = ("line is", "it") if faulty == 1 else ("lines are", "them")
        raise Failed(f"{faulty:,} {are} faulty; nothing was imported. Mend {them}, then run this again.")
    total = imported.added + imported.already_there
    click.echo(f"{counted(total, 'issue')}: {imported.added:,} added, {imported.already_there:,} already there.")
    click.echo(f"The next issue will be number {imported.next_number:,}.")
